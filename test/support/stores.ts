/**
 * Everything that is stored anywhere, in stored form: for tests that search for what must (not) be
 * there.
 */
import { listDurableObjectIds, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'

export type Stored = Record<string, unknown>

/** Every table of D1, including the shadow tables of virtual ones. */
export async function d1Tables(): Promise<string[]> {
  const { results } = await env.DB.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name",
  ).all<{ name: string }>()
  return results.map(({ name }) => name)
}

/** Returns text unchanged, and bytes as Latin-1 text. */
const readable = (value: unknown): unknown =>
  value instanceof ArrayBuffer || Array.isArray(value)
    ? new TextDecoder('latin1').decode(new Uint8Array(value as ArrayBuffer))
    : value

const readableRow = (row: Stored): Stored =>
  Object.fromEntries(Object.entries(row).map(([name, value]) => [name, readable(value)]))

export async function d1Rows(table: string): Promise<Stored[]> {
  const { results } = await env.DB.prepare(`SELECT * FROM "${table}"`).all<Stored>()
  return results.map(readableRow)
}

/** The SQLite tables of one object, with their rows. */
export const objectTables = (
  stub: DurableObjectStub<Rpc.DurableObjectBranded & DurableObject>,
): Promise<Record<string, Stored[]>> =>
  runInDurableObject(stub as never, (_: unknown, { storage }: DurableObjectState) => {
    const names = storage.sql
      .exec<{ name: string }>(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
      )
      .toArray()
    return Object.fromEntries(
      names.map(({ name }) => [name, storage.sql.exec(`SELECT * FROM ${name}`).toArray()]),
    )
  })

/** D1 and every object of both classes, by location, each as one text. */
async function everything(): Promise<Map<string, string>> {
  const all = new Map<string, string>()
  for (const table of await d1Tables()) all.set(`D1 ${table}`, JSON.stringify(await d1Rows(table)))
  for (const name of ['USER_SESSIONS', 'THROTTLE'] as const) {
    const namespace = env[name] as DurableObjectNamespace<never>
    for (const id of await listDurableObjectIds(namespace)) {
      const tables = await objectTables(namespace.get(id))
      for (const [table, rows] of Object.entries(tables)) {
        all.set(`${name} ${id.toString().slice(0, 8)} ${table}`, JSON.stringify(rows))
      }
    }
  }
  return all
}

/** The locations that contain one of these texts, ignoring case. */
export async function placesOf(...traces: string[]): Promise<string[]> {
  const places: string[] = []
  for (const [place, text] of await everything()) {
    const held = traces.filter((trace) => text.toLowerCase().includes(trace.toLowerCase()))
    if (held.length > 0) places.push(`${place}: ${held.join(', ')}`)
  }
  return places
}
