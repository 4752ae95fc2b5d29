/** GET /admin/users: every order and filter against a plain reading of the tables, by both ways on. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { toBase64Url, utf8 } from '../../src/crypto/encoding'
import { findUser } from '../../src/users/user-view'
import { depsFor } from '../support/deps'
import { named } from '../support/named'
import { makeUser, signedInUser, staff } from '../support/users'
import { ask, byTime, everybody, idsIn, page, type Plain, walk } from './listing'

const STATUSES = ['active', 'pending', 'deactivated'] as const
/** Names that only differ in case, that are the same, and that begin with letters beyond ASCII. */
const NAMES = [
  'ada',
  'Ada',
  'Bob',
  'bob',
  'bOB',
  'Same Name',
  'Zoë',
  'Émile',
  'zed',
  'x_y',
  "O'Neil",
]
const ROLES = [['user'], ['user', 'moderator'], ['moderator'], ['user', 'auditor'], []]

let token: string
beforeAll(async () => {
  token = (await staff('admin')).token
  await env.DB.prepare("INSERT INTO roles (name, created_at) VALUES ('auditor', 0)").run()
  await env.DB.prepare("INSERT INTO roles (name, created_at) VALUES ('nobodys', 0)").run()
  for (let n = 0; n < 44; n++) {
    await makeUser({
      fullName: NAMES[n % NAMES.length] ?? '',
      email: `${'zyxwvu'[n % 6]}${n}@example.com`,
      status: STATUSES[n % 7 === 0 ? 2 : n % 3 === 0 ? 1 : 0] ?? 'active',
      roles: ROLES[n % ROLES.length] ?? [],
      withoutUserRole: true,
      // As after an import: in another order than their ids, some at the very same time.
      createdAt: 1_600_000_000_000 + ((n * 7) % 20) * 86_400_000,
    })
  }
})

const lower = (text: string) => text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())
const by = (key: (user: Plain) => string) => (a: Plain, b: Plain) =>
  key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : a.id - b.id
const ORDERS: Record<string, (a: Plain, b: Plain) => number> = {
  newest: (a, b) => byTime(b, a),
  oldest: byTime,
  email: by((user) => user.email_key),
  name: by((user) => lower(user.full_name)),
}
const FITS: Record<string, (user: Plain) => boolean> = {
  active: ({ status }) => status === 'active',
  pending: ({ status }) => status === 'pending',
  deactivated: ({ status }) => status === 'deactivated',
  inactive: ({ status }) => status !== 'active',
}

const VARIANTS = Object.keys(ORDERS).flatMap((sort) =>
  [undefined, ...Object.keys(FITS)].flatMap((status) =>
    [undefined, 'user', 'moderator', 'auditor', 'nobodys'].map((role) => ({ sort, status, role })),
  ),
)

describe('a list', () => {
  it.each(VARIANTS)(
    'by $sort of $status with $role holds them all, once and in order',
    async (variant) => {
      const { sort, status, role } = variant
      const expected = (await everybody())
        .filter((user) => status === undefined || FITS[status]?.(user))
        .filter((user) => role === undefined || user.roles.includes(role))
        .sort(ORDERS[sort])
        .map(({ id }) => id)
      const query = { sort, size: 7, ...(status && { status }), ...(role && { role }) }
      for (const way of ['cursor', 'page'] as const) {
        const pages = await walk(token, query, way)
        expect(idsIn(pages), way).toEqual(expected)
        const count = Math.ceil(expected.length / 7)
        for (const [n, each] of pages.entries()) {
          expect(each).toMatchObject({
            total: expected.length,
            total_is_exact: true,
            page: n + 1,
            size: 7,
            pages: count,
          })
        }
        expect(pages).toHaveLength(Math.max(1, count))
      }
    },
  )

  it('shows each user as they are shown everywhere else', async () => {
    const { items } = await page(token, { size: 100 })
    expect(items.length).toBeGreaterThan(40)
    for (const item of items) {
      const { password_expires_at: _, ...shown } = item
      expect(shown).toEqual(await findUser(depsFor(), { id: item.id }))
    }
  })

  it('begins with the newest, twenty a page', async () => {
    const first = await page(token)
    expect([first.page, first.size, first.items.length]).toEqual([1, 20, 20])
    const newest = (await everybody()).toSorted(byTime).at(-1)
    expect(first.items[0].id).toBe(newest?.id)
  })

  it('ends without a cursor, on a full last page too', async () => {
    const total = (await everybody()).length
    expect((await page(token, { size: total })).next_cursor).toBeNull()
    const beyond = await page(token, { size: 100, page: 9 })
    expect(beyond).toMatchObject({ items: [], total, page: 9, next_cursor: null })
  })

  it('goes on by cursor from a page that was asked for by number', async () => {
    const second = await page(token, { size: 7, page: 2 })
    const third = await page(token, { size: 7, cursor: second.next_cursor })
    expect(third).toEqual(await page(token, { size: 7, page: 3 }))
  })

  it.each(['newest', 'email', 'name'])(
    'by %s shows nobody twice and misses nobody who stays, while others come and go',
    async (sort) => {
      const before = await page(token, { sort, size: 9 })
      const last = before.items.at(-1)
      const { id: newcomer } = await makeUser({ fullName: '00', email: `00${sort}@example.com` })
      await env.DB.prepare('DELETE FROM users WHERE id = ?').bind(last.id).run()
      const rest = await walk(token, { sort, size: 9, cursor: before.next_cursor }, 'cursor')
      const shown = idsIn([before, ...rest])
      const expected = (await everybody()).map(({ id }) => id).filter((id) => id !== newcomer)
      expect(shown.toSorted((a, b) => a - b)).toEqual(
        [...expected, last.id].sort((a: number, b: number) => a - b),
      )
    },
  )
})

describe('what cannot be listed', () => {
  it.each([
    [{ page: 0 }, ['page too_small']],
    [{ page: -1 }, ['page invalid_format']],
    [{ page: 1.5 }, ['page invalid_format']],
    [{ page: '' }, ['page invalid_format']],
    [{ page: '1e2' }, ['page invalid_format']],
    [{ size: 0 }, ['size too_small']],
    [{ size: 101 }, ['size too_big']],
    [{ size: '٣' }, ['size invalid_format']],
    [{ status: 'banned' }, ['status invalid_value']],
    [{ status: 'Active' }, ['status invalid_value']],
    [{ status: '' }, ['status invalid_value']],
    [{ sort: 'id' }, ['sort invalid_value']],
    [{ sort: 'email DESC' }, ['sort invalid_value']],
    [{ role: '' }, ['role too_small']],
    [{ search: 'ada', sort: 'email' }, ['sort not_with_search']],
    [{ search: 'a', sort: 'oldest' }, ['sort not_with_search']],
    [{ search: 'x'.repeat(321) }, ['search too_big']],
    [{ filter: 'all' }, ['filter unknown_field']],
    [{ cursor: '' }, ['cursor invalid_cursor']],
    [{ cursor: 'zzz' }, ['cursor invalid_cursor']],
    [{ cursor: 'x'.repeat(2001) }, ['cursor too_big']],
    [{ page: 101, size: 100 }, ['page use_cursor']],
    [{ page: 999_999_999, size: 1 }, ['page use_cursor']],
    [
      { page: 0, size: 101, status: 'x', sort: 'y' },
      ['page too_small', 'size too_big', 'sort invalid_value', 'status invalid_value'],
    ],
  ])('%j names %j', async (query, expected) => {
    expect(named(await ask(token, query as never))).toEqual(expected)
  })

  it.each([
    ['not a list', '{"sort":"newest"}'],
    ['too short', '["newest",2,5]'],
    ['of no sort', '["best",2,5,"5",null]'],
    ['of a first page', '["newest",1,5,"5",null]'],
    ['without an id', '["newest",2,null,"5",null]'],
    ['with an id that is SQL', '["newest",2,"5 OR 1",  "5",null]'],
    ['of a row that is no number', '["newest",2,5,"",null]'],
    ['of a row that is SQL', '["oldest",2,5,"1 OR 1",null]'],
    ['with more than there should be', '["newest",2,5,"5",null,1]'],
  ])('a cursor that is %s', async (_, text) => {
    expect(named(await ask(token, { cursor: toBase64Url(utf8(text)) }))).toEqual([
      'cursor invalid_cursor',
    ])
  })

  it('a cursor of another sort', async () => {
    const { next_cursor: cursor } = await page(token, { sort: 'email', size: 2 })
    expect(named(await ask(token, { cursor }))).toEqual(['cursor invalid_cursor'])
    expect(named(await ask(token, { cursor, sort: 'name' }))).toEqual(['cursor invalid_cursor'])
  })

  it('a key repeated', async () => {
    const { status } = await ask(token, [
      ['page', '1'],
      ['page', '2'],
    ] as never)
    expect(status).toBe(422)
  })

  it('a role that is not there is 404, one that nobody holds is an empty list', async () => {
    for (const role of ['nope', 'Admin', 'user ', '1']) {
      expect([role, (await ask(token, { role })).status]).toEqual([role, 404])
    }
    expect(await page(token, { role: 'nobodys' })).toMatchObject({ items: [], total: 0, pages: 0 })
  })

  it('ten thousand rows by page are the last that can', async () => {
    expect((await ask(token, { page: 100, size: 100 })).status).toBe(200)
  })
})

it('is for those who may manage users', async () => {
  const user = await signedInUser()
  expect((await ask(user.token)).status).toBe(403)
  expect((await ask('')).status).toBe(401)
})
