/** Everything that is stored, as text: each D1 table, and the storage of each Durable Object. */
import { listDurableObjectIds, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'

/**
 * Returns the content of each store by name. Names begin with `D1 `, `UserSessions ` or `Throttle
 * `.
 */
export async function everythingAtRest(): Promise<Map<string, string>> {
  const stores = new Map<string, string>()
  for (const table of await tablesOf((sql) => all(sql))) {
    stores.set(`D1 ${table}`, textOf(await all(`SELECT * FROM "${table}"`)))
  }
  const namespaces = { UserSessions: env.USER_SESSIONS, Throttle: env.THROTTLE }
  for (const [name, each] of Object.entries(namespaces)) {
    const namespace: DurableObjectNamespace = each
    for (const id of await listDurableObjectIds(namespace)) {
      const stub = namespace.get(id)
      stores.set(`${name} ${id.toString()}`, await runInDurableObject(stub, storedIn))
    }
  }
  return stores
}

async function storedIn(_: unknown, { storage }: DurableObjectState): Promise<string> {
  const read = async (sql: string): Promise<Row[]> => storage.sql.exec<Row>(sql).toArray()
  const parts = [textOf([...(await storage.list())])]
  for (const table of await tablesOf(read)) {
    parts.push(table, textOf(await read(`SELECT * FROM "${table}"`)))
  }
  return parts.join('\n')
}

type Row = Record<string, SqlStorageValue>

const all = async (sql: string): Promise<Row[]> => (await env.DB.prepare(sql).all<Row>()).results

/** Every table, including an index's own. The platform's tables cannot be read. */
async function tablesOf(read: (sql: string) => Promise<Row[]>): Promise<string[]> {
  const rows = await read(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '^_cf^_%' ESCAPE '^'",
  )
  return rows.map(({ name }) => String(name))
}

/** Converts values to text. Bytes, which D1 returns as arrays of numbers, become Latin-1. */
function textOf(value: unknown): string {
  if (value instanceof ArrayBuffer) return textOf([...new Uint8Array(value)])
  if (Array.isArray(value)) {
    const isBytes = value.length > 0 && value.every((each) => Number.isInteger(each))
    return isBytes ? String.fromCharCode(...value) : value.map(textOf).join('\n')
  }
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .map(([name, each]) => `${name}=${textOf(each)}`)
      .join(' ')
  }
  return String(value)
}
