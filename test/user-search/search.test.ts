/** Searching users: what is found, and that nothing typed is anything but text. */
import { env } from 'cloudflare:workers'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { seedUsers } from '../support/seed-users'
import { makeUser, staff } from '../support/users'
import { ask, everybody, page, walk, idsIn } from './listing'

let token: string
let ada: number
beforeAll(async () => {
  token = (await staff('admin')).token
  ;({ id: ada } = await makeUser({ fullName: 'Ada Lovelace', email: 'countess@engine.example' }))
})

const found = async (search: string, more = {}): Promise<number[]> =>
  idsIn(await walk(token, { search, size: 100, ...more }, 'cursor'))

describe('a search finds', () => {
  it.each([
    'Ada',
    'lovelace',
    'LOVELACE',
    'velac',
    'ada lovelace',
    'a lovelace',
    'lovelace ada',
    'countess',
    'engine.example',
    's@e',
    'ada engine',
    '  ada   lovelace ',
    'ada\tlovelace',
    'ada l',
    'ada lo',
    'a',
    'A',
    'ad',
    'c',
    'co',
  ])('%j: a user by any part of their name or address, each word for itself', async (search) => {
    expect(await found(search)).toContain(ada)
  })

  it.each([
    'adal',
    'lovelace  x',
    'l ada',
    'v',
    'el',
    'o',
    'countess bob',
    'engine,example',
    'da',
    'e a',
  ])('%j: nobody who does not have it', async (search) => {
    expect(await found(search)).not.toContain(ada)
  })

  it('the newest first, by letters of any script and case', async () => {
    const ids = [
      (await makeUser({ fullName: 'Ünal Çelik', email: 'u1@tr.example' })).id,
      (await makeUser({ fullName: 'ünal çelik', email: 'u2@tr.example' })).id,
    ]
    const decomposed = 'ÜNAL'.normalize('NFD')
    for (const search of ['ünal', 'ÇELIK', 'ün', 'Ü', decomposed]) {
      expect(await found(search), search).toEqual(ids.toReversed())
    }
    const { id: wei } = await makeUser({ fullName: '李伟', email: 'wei@cn.example' })
    const { id: emoji } = await makeUser({ fullName: '🦊 Fox', email: 'fox@zoo.example' })
    expect(await found('李')).toEqual([wei])
    expect(await found('李伟')).toEqual([wei])
    expect(await found('🦊')).toEqual([emoji])
    expect(await found('🦊 f')).toEqual([emoji])
  })

  it('whoever it finds at once after a change, and no more whom it should not', async () => {
    const { id } = await makeUser({ fullName: 'Before Change', email: 'before@change.example' })
    expect(await found('before change')).toEqual([id])
    await env.DB.prepare("UPDATE users SET full_name = 'Other Name' WHERE id = ?").bind(id).run()
    expect(await found('before change')).toEqual([id])
    await env.DB.prepare(
      "UPDATE users SET email = 'a@b.example', email_key = 'a@b.example' WHERE id = ?",
    )
      .bind(id)
      .run()
    expect(await found('before')).toEqual([])
    expect(await found('other name')).toEqual([id])
    await env.DB.prepare('DELETE FROM users WHERE id = ?').bind(id).run()
    expect(await found('other name')).toEqual([])
  })
})

describe('what is typed is text', () => {
  it('percent signs, underscores, quotes and operators stand for themselves', async () => {
    const names = [
      '100% sure',
      'under_score',
      'He said "hi"',
      "O'Neil",
      'A OR B',
      'Star * man',
      'minus -x',
      'NEAR(a b)',
      'full_name : x',
      '{email}',
      '^caret',
      'semi; DROP',
      'back\\slash',
      '(paren',
    ]
    for (const name of names) {
      const { id } = await makeUser({ fullName: name })
      expect(await found(name), name).toEqual([id])
    }
    for (const search of [
      '%%%',
      '___',
      '10_%',
      'und%',
      '"""',
      'a* b',
      'OR OR OR',
      'NOT x',
      '*',
      '"',
      "'",
    ]) {
      expect(await found(search), search).toEqual([])
    }
  })

  it('no name passes for a status or a role, and no search for a filter', async () => {
    const { id: forger } = await makeUser({
      fullName: '#d#2#',
      email: 'forger@example.com',
      withoutUserRole: true,
    })
    for (const query of [{ status: 'deactivated' }, { role: 'admin' }, { role: 'user' }]) {
      expect(await found('forger', query)).toEqual([])
    }
    expect(await found('forger', { status: 'active' })).toEqual([forger])
    expect(await found('#a#')).toEqual([])
    expect(await found('#d#2#')).toEqual([forger])
    expect(await found('active')).toEqual([])
    expect(await found('["user"]')).toEqual([])
  })

  it('of 200 bytes and more', async () => {
    const long = 'x'.repeat(200)
    const { id } = await makeUser({ fullName: `${long}yz` })
    expect(await found(long)).toEqual([id])
    expect(await found(`${long}q`)).toEqual([])
    expect((await ask(token, { search: '字'.repeat(300) })).status).toBe(200)
    expect((await ask(token, { search: 'abc '.repeat(80) })).status).toBe(200)
    expect((await ask(token, { search: 'a '.repeat(160) })).status).toBe(200)
  })

  it('and blank is no search', async () => {
    const { total } = await page(token)
    for (const search of ['', '   ', '\t', '\u0001\u0001', '\u0000']) {
      expect((await page(token, { search })).total).toBe(total)
    }
    expect((await ask(token, { search: ' ', sort: 'name' })).status).toBe(200)
  })

  it('whatever it is, it is answered, and finds what has it', async () => {
    const people = await everybody()
    const piece = fc.constantFrom(...people.flatMap((user) => [user.full_name, user.email]))
    const noise = fc.string({ unit: 'grapheme', maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          noise,
          piece,
          fc.tuple(piece, fc.nat(9), fc.nat(9)).map(([text, a, b]) => text.slice(a, a + b)),
        ),
        async (search) => {
          const reply = await ask(token, { search, size: 100 })
          expect(reply.status).toBe(200)
          const words = search
            .normalize('NFC')
            .toLowerCase()
            .split(/[\p{Cc}\s]+/u)
            .filter((word) => Array.from(word).length >= 3)
          for (const item of reply.body.items) {
            const text = `${item.email} ${item.full_name}`.toLowerCase()
            for (const word of words) expect(text).toContain(word)
          }
        },
      ),
      { numRuns: 60 },
    )
  })
})

describe('the total of a search', () => {
  beforeAll(() => seedUsers(1_000_000, 1_001_001))

  it('is exact up to 1,000 and then says that there are more', async () => {
    expect(await page(token, { search: 'common', size: 10 })).toMatchObject({
      total: 1000,
      total_is_exact: false,
      pages: 100,
    })
    await env.DB.prepare('DELETE FROM users WHERE id = 1001001').run()
    expect(await page(token, { search: 'common', size: 10 })).toMatchObject({
      total: 1000,
      total_is_exact: true,
      pages: 100,
    })
    expect((await page(token, { search: 'common6', size: 10 })).total).toBe(143)
  })

  it('goes from page to page as it was counted first', async () => {
    const first = await page(token, { search: 'common5', size: 50 })
    await env.DB.prepare('DELETE FROM users WHERE id = ?').bind(first.items[0].id).run()
    const second = await page(token, { search: 'common5', size: 50, cursor: first.next_cursor })
    expect(second).toMatchObject({ total: first.total, total_is_exact: true, page: 2 })
    expect(idsIn([first, second])).toHaveLength(100)
  })

  it('is not taken over by a list without a search', async () => {
    const { next_cursor: cursor } = await page(token, { search: 'common5', size: 5 })
    const { total } = await page(token)
    expect((await page(token, { size: 5, cursor })).total).toBe(total)
  })

  it('counts what a status and a role leave', async () => {
    expect((await page(token, { search: 'common', status: 'pending' })).total).toBe(100)
    const both = await page(token, { search: 'common', role: 'user', status: 'pending' })
    expect(both.total).toBe(100)
    expect((await page(token, { search: 'common', role: 'moderator' })).total).toBe(0)
  })
})
