/** Hashes of the empty password at the import, and how long one request checks hashes. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, test } from 'vitest'
import { verificationCostMs } from '../../src/crypto/foreign-hash'
import { checkHashes, MAX_HASH_MS } from '../../src/user-admin/import-hashes'
import { readLines } from '../../src/user-admin/import-lines'
import { said } from '../support/api'
import { importChunk, lines } from '../support/chunk'
import { depsFor } from '../support/deps'
import { EMPTY_HASHES } from '../support/empty-hashes'
import { named } from '../support/named'
import { freshEmail, makeUser, type SignedInUser, staff } from '../support/users'

let root: SignedInUser
beforeAll(async () => {
  root = await staff('admin')
})

const line = (hashed_password?: string | null, email = freshEmail()) => ({
  email,
  full_name: 'Ivy Imported',
  email_verified: true,
  hashed_password,
})
const post = (...all: (object | string)[]) => importChunk(root, lines(...all))
const faults = (body: any): string[] =>
  body.errors.map(({ line: at, path, code }: any) => `${at} ${path} ${code}`)
const stored = (email: string) =>
  env.DB.prepare('SELECT hashed_password AS hash FROM users WHERE email_key = ?')
    .bind(email)
    .first<{ hash: string | null }>()

describe('a hash of the empty password', () => {
  test('is refused in every format, beside good lines', async () => {
    const empty = Object.values(EMPTY_HASHES).map((hash) => line(hash))
    const [good, none, nothing] = [
      line('$2b$06$6WAFtwTDt2EbTiSdrTe0ae39JNJgbsBzRFaqqJcbko1BfLp6FB746'),
      line(null),
      line(),
    ]
    const { body } = await post(good, ...empty, 'oops', none, nothing)
    expect(faults(body)).toEqual([
      ...empty.map((_, i) => `${i + 2} hashed_password empty_password_hash`),
      `${empty.length + 2}  malformed_line`,
    ])
    expect(body).toMatchObject({ imported: 3, skipped: 0 })
    for (const { email } of empty) expect(await stored(email)).toBeNull()
    expect((await stored(good.email))?.hash).toBe(good.hashed_password)
    expect((await stored(none.email))?.hash).toBeNull()
  })

  test('leaves no event when nothing else was in the chunk', async () => {
    const count = () =>
      env.DB.prepare(
        "SELECT count(*) AS n FROM audit_log WHERE event = 'admin.users_imported'",
      ).first()
    const before = await count()
    const { body } = await post(line(EMPTY_HASHES['argon2id']))
    expect(body).toMatchObject({ imported: 0, skipped: 0 })
    expect(await count()).toEqual(before)
  })
})

describe('the time for hashes in one request', () => {
  const dear = (i: number) =>
    `$pbkdf2-sha256$i=100000$${btoa(String(1_000_000 + i)).replace(/=+$/, '')}$${'A'.repeat(43)}`
  const costMs = verificationCostMs(dear(0))
  const check = (all: object[], maxMs?: number) =>
    checkHashes(depsFor(), readLines(lines(...all), new Set()).users, maxMs)

  test('what does not fit is named, and fits when the chunk is sent again', async () => {
    const all = Array.from({ length: 5 }, (_, i) => line(dear(i)))
    const first = await check(all, 3 * costMs)
    expect(first.users.map((user) => user.line)).toEqual([1, 2, 3])
    expect(faults(first)).toEqual([4, 5].map((at) => `${at} hashed_password hash_not_checked`))
    // The first three have been imported: they are skipped, and cost no time.
    expect((await post(...all.slice(0, 3))).body).toMatchObject({ imported: 3 })
    const second = await check(all, 3 * costMs)
    expect(second.errors).toEqual([])
    expect(second.users.map((user) => user.hashedPassword)).toEqual([
      null,
      null,
      null,
      dear(3),
      dear(4),
    ])
  })

  test('unverified users fit too when the chunk is sent again', async () => {
    const all = Array.from({ length: 4 }, (_, i) => ({ ...line(dear(i)), email_verified: false }))
    expect((await check(all, 2 * costMs)).errors.map((error) => error.line)).toEqual([3, 4])
    expect((await post(...all.slice(0, 2))).body).toMatchObject({ imported: 2 })
    expect((await check(all, 2 * costMs)).errors).toEqual([])
  })

  test('the hash for an address that a stranger has registered is always checked', async () => {
    const empty = EMPTY_HASHES['PBKDF2'] ?? ''
    const { email } = await makeUser({ status: 'pending' })
    const { errors } = await check([line(empty, email), line(dear(0)), line(dear(1))], costMs + 1)
    expect(errors.map((error) => [error.line, error.code])).toEqual([
      [1, 'empty_password_hash'],
      [3, 'hash_not_checked'],
    ])
  })

  test('equal hashes are checked once', async () => {
    const all = Array.from({ length: 5 }, () => line(dear(0)))
    expect((await check(all, costMs)).errors).toEqual([])
  })

  test('150 hashes of bcrypt cost 10 fit into a request, and 1,000 of cost 6', () => {
    const bcrypt = (cost: string) =>
      verificationCostMs(`$2b$${cost}$6WAFtwTDt2EbTiSdrTe0ae39JNJgbsBzRFaqqJcbko1BfLp6FB746`)
    expect(150 * bcrypt('10')).toBeLessThan(MAX_HASH_MS)
    expect(1000 * bcrypt('06')).toBeLessThan(MAX_HASH_MS)
  })
})

describe('a chunk of another form', () => {
  const user = JSON.stringify(line())
  test.each([
    ['a list', `[${user},${user}]`],
    ['an indented list', `\ufeff[\n  ${user},\n  ${user}\n]`],
    ['indented JSON', JSON.stringify(line(), null, 2)],
  ])('%s is named once', async (_, body) => {
    expect(named(await importChunk(root, body))).toEqual([' not_ndjson'])
  })

  test('UTF-16 is named, with a byte order mark or without', async () => {
    const utf16 = (text: string) =>
      new Uint8Array(Uint16Array.from(text, (c) => c.charCodeAt(0)).buffer)
    const marked = await importChunk(root, utf16(`\ufeff${user}`))
    expect([said(marked), marked.body.detail]).toEqual([
      '400 malformed_body',
      'The body is UTF-16. Send UTF-8',
    ])
    expect(named(await importChunk(root, utf16(user)))).toEqual([' utf_16'])
  })
})
