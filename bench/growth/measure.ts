/** Work that grows with the users: how many rows, how long, and whether workerd's memory stays flat. */
import { Client } from '../rows/client.ts'
import { adminToken } from '../rows/measure.ts'
import { memoryMib, watched } from '../runtime/process.ts'
import type { Served } from '../runtime/serve.ts'

const EXPIRED = 100_000
const IMPORTED = 100_000
const LINES_A_CHUNK = 1_000

async function told(client: Client, work: () => Promise<number>) {
  await client.control('reset')
  const before = memoryMib() ?? null
  const { result: items, ms, peak_mib } = await watched(work)
  const { rows_read, rows_written, d1_ms } = await client.settled()
  return {
    items,
    seconds: Math.round(ms / 100) / 10,
    before_mib: before,
    peak_mib,
    rows_read,
    rows_written,
    d1_ms: Math.round(d1_ms),
  }
}

/** `POST /admin/import` in chunks, as a client would send them. */
export async function importMany(served: Served) {
  const client = new Client(served)
  const token = await adminToken(client)
  return told(client, async () => {
    for (let at = 0; at < IMPORTED; at += LINES_A_CHUNK) {
      const lines = Array.from({ length: LINES_A_CHUNK }, (_, i) =>
        JSON.stringify({
          email: `new${at + i}@import.example`,
          full_name: `New Person ${at + i}`,
          email_verified: true,
        }),
      )
      const response = await client.call('POST', '/api/v1/admin/import', lines.join('\n'), token)
      if (!response.ok) throw new Error(`import: ${response.status} ${await response.text()}`)
      await response.text()
    }
    return IMPORTED
  })
}

/** The cron's clean-up, over sessions that expired a moment ago. */
export async function cleanUp(served: Served) {
  const client = new Client(served)
  const database = await served.database('gatehouse')
  const expired = 'SELECT id FROM user_sessions ORDER BY expires_at LIMIT 20000'
  for (let i = 0; i < EXPIRED / 20_000; i++) {
    await database
      .prepare(
        `UPDATE user_sessions SET expires_at = ${i} WHERE id IN (${expired} OFFSET ${i * 20_000})`,
      )
      .run()
  }
  const expiredNow = () =>
    database
      .prepare('SELECT count(*) AS n FROM user_sessions WHERE expires_at < 1000')
      .first('n')
      .then(Number)
  const there = await expiredNow()
  return told(client, async () => {
    await client.control(`cron?cron=${encodeURIComponent('*/15 * * * *')}`)
    return there - (await expiredNow())
  })
}

/** `GET /admin/users/export`, read as a stream. */
export async function exportAll(served: Served) {
  const client = new Client(served)
  const token = await adminToken(client)
  return told(client, async () => {
    const response = await client.call('GET', '/api/v1/admin/users/export', undefined, token)
    if (!response.ok || !response.body) throw new Error(`export: ${response.status}`)
    let lines = 0
    for await (const chunk of response.body) for (const byte of chunk) if (byte === 10) lines += 1
    return lines
  })
}
