/** Importing: what becomes of a chunk, line by line, and of the people in it. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, test } from 'vitest'
import { said } from '../support/api'
import { importChunk, lines } from '../support/chunk'
import { makeRole } from '../support/roles'
import { freshEmail, makeUser, rowOf, type SignedInUser, staff } from '../support/users'
import { postSignIn } from '../support/users-by-api'

let root: SignedInUser
beforeAll(async () => {
  await makeRole('editor', 'read:all')
  root = await staff('admin')
})

const FULL_NAME = { full_name: 'Ivy Imported' }
const line = (more: object = {}) => ({ email: freshEmail(), ...FULL_NAME, ...more })
const post = (...all: (object | string)[]) => importChunk(root, lines(...all))
const byEmail = (email: string) =>
  env.DB.prepare('SELECT * FROM users WHERE email_key = ?')
    .bind(email.toLowerCase())
    .first<Record<string, unknown>>()
const rolesOf = async (email: string) => {
  const { results } = await env.DB.prepare(
    `SELECT roles.name AS role, assigned_by AS "by" FROM user_roles JOIN roles ON roles.id = role_id
     JOIN users ON users.id = user_id WHERE email_key = ? ORDER BY 1`,
  )
    .bind(email)
    .all()
  return results
}
const events = async () => {
  const { results } = await env.DB.prepare(
    "SELECT data FROM audit_log WHERE event = 'admin.users_imported' ORDER BY id",
  ).all<{ data: string }>()
  return results.map(({ data }) => JSON.parse(data))
}

describe('a report', () => {
  test('stays small: twenty unknown fields of a line are named, and every bad line is', async () => {
    const wide = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`field${n}`, 1]))
    const all = Array.from({ length: 200 }, () => ({ ...wide }))
    const { body } = await post(...all)
    const errors: { line: number; code: string }[] = body.errors
    expect(new Set(errors.map(({ line }) => line)).size).toBe(200)
    const ofFirst = errors.filter(({ line }) => line === 1)
    expect(ofFirst.map(({ code }) => code)).toEqual([
      'required',
      'required',
      ...Array.from({ length: 20 }, () => 'unknown_field'),
      'more_issues',
    ])
    expect(errors.length).toBeLessThan(1300)
  })
})

describe('a line', () => {
  test('makes an account with everything that it says', async () => {
    const email = freshEmail()
    const { body } = await post({
      email: email.toUpperCase(),
      full_name: ' Ivy Imported ',
      bio: 'Line one\nline two',
      avatar_url: 'https://example.com/i.png',
      preferences: { theme: 'dark', none: null, deep: { a: [1] } },
      language: 'de',
      email_verified: true,
      created_at: '2019-05-06T09:08:09+02:00',
      roles: ['editor', 'editor', 'user'],
    })
    expect(body).toEqual({ imported: 1, skipped: 0, skipped_lines: [], errors: [] })
    const row = await byEmail(email)
    const { body: shown } = await root.asks('GET', `/admin/users/${String(row?.['id'])}`)
    expect(shown).toMatchObject({
      email,
      full_name: 'Ivy Imported',
      bio: 'Line one\nline two',
      avatar_url: 'https://example.com/i.png',
      preferences: { theme: 'dark', deep: { a: [1] } },
      language: 'de',
      status: 'active',
      roles: ['editor', 'user'],
      created_at: '2019-05-06T07:08:09.000Z',
      password_changed_at: null,
    })
    expect(shown.preferences).not.toHaveProperty('none')
    expect(row).toMatchObject({ origin: 'imported', home_region: null, hashed_password: null })
    expect(await rolesOf(email)).toEqual([
      { role: 'editor', by: root.id },
      { role: 'user', by: root.id },
    ])
  })

  test('is pending unless it says that the address is verified, and deactivated if it says so', async () => {
    const [plain, off, offVerified] = [line(), line({ is_active: false }), line()]
    await post(plain, off, { ...offVerified, email_verified: true, is_active: false })
    const states = await Promise.all([plain, off, offVerified].map(({ email }) => byEmail(email)))
    expect(states.map((row) => row?.['status'])).toEqual(['pending', 'deactivated', 'deactivated'])
    expect(states[1]?.['email_verified_at']).toBeNull()
    expect(states[2]?.['email_verified_at']).not.toBeNull()
  })

  test('that is wrong is named with every fault and never costs a good one', async () => {
    const good = line()
    const { status, body } = await post(
      good,
      'not json',
      '',
      { email: 'x', full_name: 'E', roles: 'admin' },
      '[]',
      'null',
      { ...line(), is_admin: true, hashed_password: 7 },
      '{"email":"a@example.com","full_name":"Proto Type","__proto__":{"is_active":false}}',
      line({ roles: ['editor', 'nobody', 'Admin'] }),
      line({ created_at: '2999-01-01T00:00:00Z' }),
      line({ created_at: 'yesterday', language: 'english', preferences: [] }),
      line({ preferences: { ['k'.repeat(17_000)]: 1 }, bio: 'x'.repeat(2001) }),
    )
    expect(status).toBe(200)
    expect(body.errors.map((e: any) => `${e.line} ${e.path} ${e.code}`)).toEqual([
      '2  malformed_line',
      '4 email invalid_email',
      '4 full_name too_short',
      '4 roles invalid_type',
      '5  invalid_type',
      '6  invalid_type',
      '7 hashed_password invalid_type',
      '7 is_admin unknown_field',
      '8 __proto__ unknown_field',
      '9 roles unknown_role',
      '9 roles unknown_role',
      '10 created_at in_the_future',
      '11 preferences invalid_type',
      '11 language invalid_format',
      '11 created_at invalid_format',
      '12 bio too_long',
      '12 preferences too_large',
    ])
    expect(body).toMatchObject({ imported: 1, skipped: 0 })
    expect(await byEmail(good.email)).not.toBeNull()
    expect(await byEmail('a@example.com')).toBeNull()
    expect((await events()).at(-1)).toEqual({ lines: 11, refused: 10 })
  })

  test('holds text that SQL, JSON and spreadsheets would read their own way', async () => {
    const names = [`Robert'); DROP TABLE users;--`, '=cmd|x', '%_%', '😀 Ümit ẞ', '"quoted" \\']
    const people = names.map((full_name) => line({ full_name, bio: full_name }))
    expect((await post(...people)).body.errors).toEqual([])
    for (const [i, { email }] of people.entries()) {
      expect(await byEmail(email)).toMatchObject({ full_name: names[i], bio: names[i] })
    }
  })
})

describe('an address', () => {
  test('that has an account is skipped, and nothing of the account changes', async () => {
    const ada = await makeUser({ status: 'deactivated' })
    const before = await rowOf(ada.id)
    const chunk = [
      { email: ada.email.toUpperCase(), ...FULL_NAME, roles: ['admin'], email_verified: true },
    ]
    expect((await post(...chunk)).body).toEqual({
      imported: 0,
      skipped: 1,
      skipped_lines: [
        { line: 1, email: ada.email, code: 'email_taken', message: expect.any(String) },
      ],
      errors: [],
    })
    expect(await rowOf(ada.id)).toEqual(before)
    expect(await rolesOf(ada.email)).toEqual([{ role: 'user', by: null }])
  })

  test('twice in a chunk, in whatever case or spelling, is one account: the first', async () => {
    const email = freshEmail()
    const variants = [email.replace('person', 'PerSon'), email.toUpperCase(), ` ${email}`, email]
    const people = variants.map((each, i) => ({ email: each, full_name: `Name ${i}` }))
    const { body } = await post(...people)
    expect(body).toMatchObject({ imported: 1, skipped: 3, errors: [] })
    expect(body.skipped_lines.map((skip: any) => [skip.line, skip.email, skip.code])).toEqual(
      [2, 3, 4].map((n) => [n, email, 'duplicate_in_chunk']),
    )
    expect(await byEmail(email)).toMatchObject({ full_name: 'Name 0', email })
  })

  test('that is kept for an undone change is skipped, until it is free', async () => {
    const [ada, email] = [await makeUser(), freshEmail()]
    const keep = (expiresAt: number) =>
      env.DB.prepare(
        `INSERT OR REPLACE INTO one_time_tokens (hash, purpose, user_id, email, reserved_key, key_id, created_at, expires_at)
         VALUES (?1, 'undo_email_change', ?2, ?3, ?3, 'test1', 0, ?4)`,
      )
        .bind('k'.repeat(43), ada.id, email, expiresAt)
        .run()
    await keep(Date.now() + 60_000)
    expect((await post('oops', { email, ...FULL_NAME })).body).toMatchObject({
      imported: 0,
      skipped: 1,
      skipped_lines: [{ line: 2, email, code: 'address_kept' }],
    })
    await keep(Date.now() - 1)
    expect((await post({ email, ...FULL_NAME })).body).toMatchObject({ imported: 1, skipped: 0 })
  })

  test('in a chunk that is sent again is skipped, and the repetition leaves no event', async () => {
    const chunk = [line(), line({ roles: ['editor'] }), 'oops']
    expect((await post(...chunk)).body).toMatchObject({ imported: 2, skipped: 0 })
    const before = await events()
    expect((await post(...chunk)).body).toMatchObject({ imported: 0, skipped: 2 })
    expect(await events()).toEqual(before)
    for (const each of chunk.slice(0, 2)) {
      expect(await rolesOf((each as { email: string }).email)).toContainEqual({
        role: 'user',
        by: root.id,
      })
    }
  })
})

describe('a password hash of another system', () => {
  // From test/crypto/foreign-hash.test.ts, where they come from the systems themselves.
  const FOREIGN = {
    bcrypt: '$2b$06$6WAFtwTDt2EbTiSdrTe0ae39JNJgbsBzRFaqqJcbko1BfLp6FB746',
    argon2id:
      '$argon2id$v=19$m=1024,t=2,p=1$c2l4dGVlbiBieXRlIHNsdA$/jm1d6mUC5MocACB0Jf1avYHhajx8Jdqoc2JT+CYtwk',
  }

  test.each(Object.entries(FOREIGN))(
    '%s: signs in with it, and it is replaced',
    async (_, hash) => {
      const person = line({ hashed_password: hash, email_verified: true })
      expect((await post(person)).body.errors).toEqual([])
      const stored = await byEmail(person.email)
      expect(stored?.['hashed_password']).toBe(hash)
      expect(stored?.['password_expires_at']).toBeGreaterThan(Date.now() + 89 * 86_400_000)
      const known = { id: 0, email: person.email, password: 'pässwörd 🦊 Tr0ub4dor' }
      expect(said(await postSignIn({ ...known, password: 'Wrong-Horse-7' }))).toBe(
        '401 invalid_credentials',
      )
      expect((await postSignIn(known)).status).toBe(200)
      const ours = async () => String((await byEmail(person.email))?.['hashed_password'])
      await expect.poll(ours).toMatch(/^\$gatehouse-pbkdf2\$/)
      expect((await postSignIn(known)).status).toBe(200)
    },
  )

  test('that cannot be verified here is refused at the door, with its reason', async () => {
    const wrong = {
      hash_malformed: ['$2b$06$tooShort', '$argon2id$v=19$m=1024,t=2,p=1$x$y', 'x'.repeat(600)],
      hash_unsupported: ['5f4dcc3b5aa765d61d8327deb882cf99', 'secret', '$1$salt$hash', ''],
      hash_too_costly: [FOREIGN.bcrypt.replace('$06$', '$31$')],
    }
    for (const [code, hashes] of Object.entries(wrong)) {
      const people = hashes.map((hashed_password) => line({ hashed_password }))
      const { body } = await post(...people)
      expect(body.imported).toBe(0)
      expect(body.errors.map((error: any) => [error.path, error.code])).toEqual(
        hashes.map(() => ['hashed_password', code]),
      )
      expect(JSON.stringify(body)).not.toContain(hashes[0] || 'nothing')
    }
  })

  test('is not ours: a hash of our own making is refused, as its key would be', async () => {
    const row = await rowOf(root.id)
    const { body } = await post(line({ hashed_password: row?.['hashed_password'] }))
    expect(body.errors.map((error: any) => error.code)).toEqual(['hash_unsupported'])
  })
})
