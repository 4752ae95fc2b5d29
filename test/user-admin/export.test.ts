/** GET /admin/users/export: everybody, at the reader's pace, in files that spreadsheets can be given. */
import { createExecutionContext } from 'cloudflare:test'
import { env, exports } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Principal } from '../../src/context'
import worker from '../../src/index'
import { csvLine } from '../../src/user-admin/csv'
import { exportUsers } from '../../src/user-admin/export-users'
import { findUser, User } from '../../src/users/user-view'
import { rowsOf } from '../db/rows'
import { freshIp, get } from '../support/api'
import { depsFor } from '../support/deps'
import { named } from '../support/named'
import { recordReads } from '../support/recorded-reads'
import { seedUsers } from '../support/seed-users'
import { makeUser, type SignedInUser, signedInUser, staff } from '../support/users'
import { everybody } from '../user-search/listing'

const PATH = '/api/v1/admin/users/export'

let admin: SignedInUser
beforeAll(async () => {
  admin = await staff('admin')
})

/** The answer as a client reads it from a socket, not yet read. */
async function open(query = '', theEnv: Env = env): Promise<Response> {
  const headers = { authorization: `Bearer ${admin.token}`, 'cf-connecting-ip': freshIp() }
  const request = new Request(`http://localhost:8787${PATH}${query}`, { headers })
  return theEnv === env
    ? exports.default.fetch(request)
    : worker.fetch(request as never, theEnv, createExecutionContext())
}

/** As bytes first: to the runtime NDJSON does not look like text. */
const textOf = async (response: Response): Promise<string> =>
  new TextDecoder().decode(await response.arrayBuffer())

/** RFC 4180, by the letter. */
function parseCsv(text: string): string[][] {
  const records: string[][] = []
  let record: string[] = []
  const cell = /("((?:[^"]|"")*)"|[^",\r\n]*)(,|\r\n)/y
  while (cell.lastIndex < text.length) {
    const at = cell.lastIndex
    const found = cell.exec(text)
    if (!found) throw new Error(`not CSV: ${text.slice(at, at + 50)}`)
    record.push(found[2]?.replaceAll('""', '"') ?? found[1] ?? '')
    if (found[3] === '\r\n') records.push(record.splice(0, Infinity))
  }
  expect(record).toEqual([])
  return records
}

const NAMES = [
  '=HYPERLINK("http://x")',
  '+1',
  '-1',
  '@SUM(A1)',
  'Comma, Quote "q"',
  'Plain',
  'Semicolon;=1+1',
]

describe('an export', () => {
  beforeAll(async () => {
    for (const fullName of NAMES) await makeUser({ fullName, roles: ['moderator'], createdAt: 0 })
    await makeUser({ fullName: 'Formula', email: '=1+1@example.com', status: 'pending' })
    await env.DB.prepare('UPDATE users SET bio = ? WHERE full_name = ?')
      .bind('two\r\nlines, and more', 'Plain')
      .run()
    await env.DB.prepare('UPDATE users SET preferences = ? WHERE full_name = ?')
      .bind('{"theme":"dark","size":2}', 'Plain')
      .run()
  })

  it('as NDJSON is one User a line, everybody, the oldest first', async () => {
    const response = await open()
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/x-ndjson',
      'content-disposition': expect.stringMatching(
        /^attachment; filename="users-\d{4}-\d\d-\d\d\.ndjson"$/,
      ),
      'cache-control': 'no-store',
    })
    const text = await textOf(response)
    expect(text.endsWith('}\n')).toBe(true)
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.map(({ id }) => id)).toEqual((await everybody()).map(({ id }) => id))
    for (const line of lines) {
      expect(line).toEqual(await findUser(depsFor(), { id: line.id }))
    }
  })

  it('as CSV has a header, the same users, and a cell for every field', async () => {
    const response = await open('?format=csv')
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/csv; charset=utf-8; header=present',
      'content-disposition': expect.stringMatching(/users-\d{4}-\d\d-\d\d\.csv"$/),
      'cache-control': 'no-store',
    })
    const [head, ...records] = parseCsv(await response.text())
    expect(head).toEqual(Object.keys(User.unwrap().shape))
    const cells = records.map((record) =>
      Object.fromEntries(record.map((cell, n) => [head?.[n], cell])),
    )
    expect(cells.map(({ id }) => Number(id))).toEqual((await everybody()).map(({ id }) => id))
    expect(cells.find((user) => user['full_name'] === 'Plain')).toMatchObject({
      bio: 'two\r\nlines, and more',
      preferences: '{"theme":"dark","size":2}',
      roles: 'moderator user',
      is_active: 'true',
      is_admin: 'false',
      status: 'active',
      avatar_url: '',
      login_count: '0',
      created_at: '1970-01-01T00:00:00.000Z',
    })
  })

  it('as CSV has no cell that a spreadsheet would run', async () => {
    const records = parseCsv(await (await open('?format=csv')).text())
    const cells = records.flat()
    expect(cells.filter((cell) => /^[=+\-@\t\r]/.test(cell))).toEqual([])
    // However the text is cut into cells.
    const pieces = cells.flatMap((cell) => cell.split(/[;|\t\r\n]/))
    expect(pieces.filter((piece) => /^"*[=+\-@＝＋－＠]/.test(piece))).toEqual([])
    for (const name of NAMES.slice(0, 4)) expect(cells).toContain(`'${name}`)
    expect(cells).toContain("'=1+1@example.com")
    expect(cells).toContain('Comma, Quote "q"')
  })

  it('is recorded before anything leaves, with its format', async () => {
    const before = await exported()
    const response = await open('?format=csv')
    expect(await exported()).toEqual([
      ...before,
      { actor_id: admin.id, target_id: null, data: '{"format":"csv"}' },
    ])
    await response.body?.cancel()
  })

  it('is not begun when it cannot be recorded', async () => {
    const broken = { ...env, DB: withoutBatches(env.DB) }
    await expect(
      exportUsers(depsFor({ env: broken as Env, d1: broken.DB }), actor(), 'csv'),
    ).rejects.toThrow('D1_ERROR')
  })

  it('is for those who may manage users, in the formats there are', async () => {
    const user = await signedInUser()
    expect((await get(PATH, { token: user.token })).status).toBe(403)
    expect((await get(PATH)).status).toBe(401)
    const reply = await get(`${PATH}?format=xlsx`, { token: admin.token })
    expect(named(reply)).toEqual(['format invalid_value'])
    const other = await get(`${PATH}?status=active`, { token: admin.token })
    expect(named(other)).toEqual(['status unknown_field'])
  })
})

const exported = () =>
  rowsOf(
    "SELECT actor_id, target_id, data FROM audit_log WHERE event = 'admin.users_exported' ORDER BY id",
  )

const withoutBatches = (database: D1Database): D1Database =>
  ({
    prepare: (query: string) => database.prepare(query),
    batch: async () => {
      throw new Error('D1_ERROR: gone')
    },
  }) as unknown as D1Database

describe('a large export', () => {
  beforeAll(() => seedUsers(100_000, 106_000))

  it('asks for no more than is read: one chunk, then cancelled, is at most two pages', async () => {
    const recording = recordReads(env)
    const response = await open('', recording.env)
    expect(recording.queries).toHaveLength(0)
    const reader = response.body?.getReader()
    const chunk = await reader?.read()
    expect(chunk?.value?.byteLength).toBeGreaterThan(100_000)
    await reader?.cancel()
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(recording.queries.length).toBeLessThanOrEqual(2)
  })

  it('is whole across its pages, and reads every user once', async () => {
    const deps = depsFor()
    const stream = await exportUsers(deps, actor(), 'ndjson')
    const lines = (await textOf(new Response(stream))).trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line).id)).toEqual(
      (await everybody()).map(({ id }) => id),
    )
    expect(deps.meter.rowsRead).toBeLessThanOrEqual(lines.length + 20)
  })

  it('breaks off when a query fails, and never ends as if it were whole', async () => {
    const recording = recordReads(env)
    let batches = 0
    const failing = new Proxy(recording.env.DB, {
      get(target, key) {
        const value: unknown = Reflect.get(target, key)
        if (key !== 'withSession') return typeof value === 'function' ? value.bind(target) : value
        return (from: string) => {
          const session = target.withSession(from)
          return {
            prepare: (query: string) => session.prepare(query),
            batch: (statements: D1PreparedStatement[]) => {
              batches += 1
              if (batches === 3) throw new Error('D1_ERROR: gone')
              return session.batch(statements)
            },
          }
        }
      },
    })
    const deps = depsFor({ env: { ...env, DB: failing } })
    const reader = (await exportUsers(deps, actor(), 'csv')).getReader()
    expect((await reader.read()).done).toBe(false)
    expect((await reader.read()).done).toBe(false)
    await expect(reader.read()).rejects.toThrow('D1_ERROR')
    await expect(reader.closed).rejects.toThrow('D1_ERROR')
  })
})

/** The admin who asks: the verb records who it was. */
const actor = () => ({ subject: 'nobody' }) as unknown as Principal

describe('a record of CSV', () => {
  it.each([
    [['a', 1, true, null], 'a,1,true,\r\n'],
    [['a,b', 'c"d', 'e\nf', 'g\rh'], '"a,b","c""d","e\nf","g\rh"\r\n'],
    [['=1', '+1', '-1', '@a', '\tx', '\ry'], `'=1,'+1,'-1,'@a,'\tx,"'\ry"\r\n`],
    [['a=1', ' =1', '', "'x"], `a=1, =1,,'x\r\n`],
    [[-5], '-5\r\n'],
    [['=a,"b"'], `"'=a,""b"""\r\n`],
    // What other locales and import settings take for the end of a cell or row.
    [['a;=1', 'a\n=1', 'a\r\n@b'], `"a;'=1","a\n'=1","a\r\n'@b"\r\n`],
    [['a\t-1', 'a|+1', ';;=1'], `a\t'-1,a|'+1,";;'=1"\r\n`],
    [['a;"=1"', 'a;b'], `"a;""'=1""","a;b"\r\n`],
    [['＝1', '＋1', '－1', '＠a', 'a;＝1'], `'＝1,'＋1,'－1,'＠a,"a;'＝1"\r\n`],
  ])('%j is %j', (cells, line) => {
    expect(csvLine(cells)).toBe(line)
  })
})
