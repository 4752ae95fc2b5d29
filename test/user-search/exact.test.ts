/** GET /admin/users by address and by id, and searches for a number. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { named } from '../support/named'
import { makeUser, signedInUser } from '../support/users'
import { ask, idsIn, page, walk } from './listing'

let token: string
let ada: number
beforeAll(async () => {
  // No digit, which could be part of a number that is searched for.
  token = (await signedInUser({ roles: ['admin'], email: 'root@example.com' })).token
  ;({ id: ada } = await makeUser({
    fullName: 'Ada',
    email: 'ü@xn--mller-kva.example',
    roles: ['moderator'],
    withoutUserRole: true,
  }))
})

const idsOf = async (query: Record<string, string | number>) => idsIn([await page(token, query)])

describe('by address', () => {
  it('is one user, by the canonical form of what was typed', async () => {
    for (const email of ['ü@müller.example', ' Ü@MÜLLER.Example ', 'ü@xn--mller-kva.example']) {
      expect(await page(token, { email })).toMatchObject({
        items: [{ id: ada, email: 'ü@xn--mller-kva.example' }],
        total: 1,
        total_is_exact: true,
        pages: 1,
        next_cursor: null,
      })
    }
    expect(await page(token, { email: 'nobody@example.com' })).toMatchObject({
      items: [],
      total: 0,
      pages: 0,
    })
  })

  it('is found beyond the newest hundred whose address holds it', async () => {
    const { id: old } = await makeUser({ email: 'x@many.example', createdAt: 5 })
    await env.DB.prepare(
      `INSERT INTO users (subject, email, email_key, full_name, origin, created_at, updated_at)
       SELECT printf('many-%017d', value), value || 'x@many.example', value || 'x@many.example',
         'Many', 'imported', 1000 + value, 0 FROM json_each(?)`,
    )
      .bind(JSON.stringify(Array.from({ length: 120 }, (_, n) => n)))
      .run()
    expect(await idsOf({ search: 'x@many.example', size: 100 })).not.toContain(old)
    expect(await idsOf({ email: 'x@many.example' })).toEqual([old])
  })

  it('keeps the other filters', async () => {
    const email = 'ü@müller.example'
    expect(await idsOf({ email, status: 'active', role: 'moderator' })).toEqual([ada])
    expect(await idsOf({ email, status: 'pending' })).toEqual([])
    expect(await idsOf({ email, role: 'admin' })).toEqual([])
    expect(await idsOf({ email, id: ada })).toEqual([ada])
    expect(await idsOf({ email, id: ada + 1 })).toEqual([])
    expect(await idsOf({ email, page: 2 })).toEqual([])
    expect((await ask(token, { email, role: 'nope' })).status).toBe(404)
  })

  it('refuses what is no address, and a search beside it', async () => {
    expect(named(await ask(token, { email: 'nonsense' }))).toEqual(['email invalid_email'])
    expect(named(await ask(token, { email: '' }))).toEqual(['email invalid_email'])
    expect(named(await ask(token, { id: 'x' }))).toEqual(['id invalid_format'])
    expect(named(await ask(token, { email: 'a@example.com', search: 'a' }))).toEqual([
      'search not_with_email_or_id',
    ])
  })
})

describe('by id', () => {
  it('is one user, or none', async () => {
    expect(await idsOf({ id: ada })).toEqual([ada])
    expect(await idsOf({ id: 99_999_999 })).toEqual([])
  })
})

describe('a search for a number', () => {
  it('shows the user with that id first, and all who have it in their name once', async () => {
    const { id: target } = await makeUser({ fullName: 'Old One', createdAt: 1 })
    const named: number[] = []
    for (let n = 0; n < 12; n++) {
      named.push(
        (await makeUser({ fullName: `${target}00 x`, createdAt: 1_700_000_000_000 + n * 60_000 }))
          .id,
      )
    }
    // It has the number in its name as well, and is not shown twice.
    await env.DB.prepare('UPDATE users SET full_name = ? WHERE id = ?')
      .bind(`${target}00 old`, target)
      .run()
    const search = String(target)
    const whole = await idsOf({ search, size: 100 })
    expect(whole).toEqual([target, ...named.toReversed()])
    for (const way of ['cursor', 'page'] as const) {
      for (const size of [1, 5]) {
        const pages = await walk(token, { search, size }, way)
        expect(idsIn(pages), `${way} ${size}`).toEqual(whole)
        for (const each of pages) expect(each.total).toBe(whole.length)
      }
    }
    expect((await idsOf({ search: `#${target}` }))[0]).toBe(target)
    expect(await idsOf({ search, status: 'pending' })).not.toContain(target)
    expect(await idsOf({ search, role: 'admin' })).not.toContain(target)
  })
})
