/** Passwords that came with an imported hash: which sign in, and which become the new hash. */
import { env } from 'cloudflare:workers'
import { describe, expect, test } from 'vitest'
import { isRightPassword } from '../../src/credentials/verify-password'
import { call, said, send } from '../support/api'
import { depsFor } from '../support/deps'
import { EMPTY_HASHES } from '../support/empty-hashes'
import { named } from '../support/named'
import { freshEmail, makeUser, PASSWORD, signIn } from '../support/users'
import { postSignIn } from '../support/users-by-api'

/** An account with this hash, as the import would have stored it. */
async function withHash(hash: string) {
  const person = await makeUser()
  await env.DB.prepare('UPDATE users SET hashed_password = ? WHERE id = ?')
    .bind(hash, person.id)
    .run()
  return person
}

const hashOf = async (id: number) =>
  String(
    await env.DB.prepare('SELECT hashed_password FROM users WHERE id = ?')
      .bind(id)
      .first('hashed_password'),
  )
const OURS = /^\$gatehouse-pbkdf2\$/

describe('the empty password', () => {
  test('is one 422 at sign-in, whoever is asked for', async () => {
    const empty = EMPTY_HASHES['bcrypt $2a$'] ?? ''
    const people = [
      await withHash(empty),
      await makeUser(),
      { id: 0, email: freshEmail(), password: '' },
    ]
    for (const password of ['', '\0']) {
      const replies = await Promise.all(people.map((person) => postSignIn({ ...person, password })))
      const code = password === '' ? 'too_small' : 'password_malformed'
      for (const reply of replies) expect(named(reply)).toEqual([`password ${code}`])
    }
    for (const { email } of people) {
      const reply = await send('/sign-in', {
        method: 'POST',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          'sec-fetch-site': 'same-origin',
        },
        body: new URLSearchParams({ email, password: '' }).toString(),
        redirect: 'manual',
      })
      expect(reply.status).toBe(422)
      expect(reply.body).toContain('This field is required.')
    }
  })

  test.each(Object.entries(EMPTY_HASHES))('is never right for %s', async (_, hash) => {
    for (const typed of ['', '\0', ' ']) {
      expect(await isRightPassword(depsFor(), { hashedPassword: hash }, typed)).toBe(false)
    }
  })

  const PROOFS: [string, string, object, string][] = [
    [
      'POST',
      '/users/change-password',
      { current_password: '', new_password: 'Other-Horse-8' },
      'current_password',
    ],
    ['POST', '/users/change-email', { password: '', new_email: 'new@example.com' }, 'password'],
    ['POST', '/users/2fa/setup', { password: '' }, 'password'],
    ['POST', '/users/2fa/disable', { password: '', code: '123456' }, 'password'],
    ['POST', '/users/2fa/recovery-codes', { password: '', code: '123456' }, 'password'],
    ['DELETE', '/users/account', { password: '' }, 'password'],
  ]
  test.each(PROOFS)('is 422 at %s %s', async (method, path, body, field) => {
    const person = await signIn(await withHash(EMPTY_HASHES['argon2id'] ?? ''))
    const reply = await call(method, `/api/v1${path}`, body, { token: person.token })
    expect(named(reply)).toEqual([`${field} too_small`])
  })
})

describe('bcrypt and a password of 80 bytes', () => {
  const DIGITS = '0123456789'.repeat(8)
  const HASH = '$2b$04$abcdefghijklmnopqrstuum2G75IXDN/xsgbNa/hCiPSKyIHQd70S'

  test('a slip behind byte 72 never becomes the password', async () => {
    const person = await withHash(HASH)
    for (const password of [`${DIGITS.slice(0, 72)}slip`, DIGITS.slice(0, 72), DIGITS]) {
      expect((await postSignIn({ ...person, password })).status).toBe(200)
      expect(await hashOf(person.id)).toBe(HASH)
    }
    const wrong = await postSignIn({ ...person, password: DIGITS.slice(0, 71) })
    expect(said(wrong)).toBe('401 invalid_credentials')
  })

  test('the hash goes with the next change of password', async () => {
    const person = await signIn(await withHash(HASH))
    const change = { current_password: DIGITS, new_password: PASSWORD }
    expect((await person.asks('POST', '/users/change-password', change)).status).toBe(200)
    expect(await hashOf(person.id)).toMatch(OURS)
    expect(said(await postSignIn({ ...person, password: DIGITS }))).toBe('401 invalid_credentials')
  })

  test('a shorter one is replaced at once', async () => {
    const person = await withHash('$2b$04$abcdefghijklmnopqrstuukow.iL/GuIgNNTSpCKVqIJG617.YQsi')
    const password = DIGITS.slice(0, 71)
    expect((await postSignIn({ ...person, password })).status).toBe(200)
    await expect.poll(() => hashOf(person.id)).toMatch(OURS)
    expect((await postSignIn({ ...person, password })).status).toBe(200)
  })
})

test('spaces around a WordPress password sign in and do not become part of it', async () => {
  const hash = '$wp$2y$05$abcdefghijklmnopqrstuu3IvCIKJOgSACj7Oz63C3GJulGhCjjTq'
  const person = await withHash(hash)
  const password = 'pässwörd 🦊 Tr0ub4dor'
  expect((await postSignIn({ ...person, password: `${password} ` })).status).toBe(200)
  expect(await hashOf(person.id)).toBe(hash)
  expect((await postSignIn({ ...person, password })).status).toBe(200)
  await expect.poll(() => hashOf(person.id)).toMatch(OURS)
})

describe('odd passwords', () => {
  const LONG = '\tTab 0123456789 äöü '.repeat(200).slice(0, 2000)
  const LONG_ASCII = LONG.replaceAll('äöü', 'abc')
  const ODD: [string, string, string][] = [
    [
      'a tab and an escape under bcrypt',
      'tab\there and \u001b too',
      '$2b$04$abcdefghijklmnopqrstuuXbYuEFEX2OrzcucZvuBDIVb3IuFSmV6',
    ],
    [
      '2,000 characters under PBKDF2',
      LONG,
      '$pbkdf2-sha256$i=1000,l=32$AAECAwQFBgcICQoLDA0ODw$OsjoarxR+RVbRWys0vpDW7uu1FKMXtmVqcAPn0okqy4',
    ],
    [
      '2,000 characters under argon2id',
      LONG_ASCII,
      '$argon2id$v=19$m=1024,t=2,p=1$c2l4dGVlbiBieXRlIHNsdA$Ysd5tC+OaAdvRzspc0br3B3B2mpbWthLK43Pw99/4bg',
    ],
    [
      '2,000 characters under scrypt',
      LONG,
      '$scrypt$ln=10,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$x0rnemBWEdQUpRSuL5E23OgRGX5Y3Dr1aCdwRy6DJJQ',
    ],
  ]

  test.each(ODD)('%s sign in, are rehashed, and sign in again', async (_, password, hash) => {
    const person = await withHash(hash)
    const wrong = await postSignIn({ ...person, password: `${password.slice(0, -1)}#` })
    expect(said(wrong)).toBe('401 invalid_credentials')
    expect((await postSignIn({ ...person, password })).status).toBe(200)
    await expect.poll(() => hashOf(person.id)).toMatch(OURS)
    expect((await postSignIn({ ...person, password })).status).toBe(200)
    const session = await signIn(person)
    const change = { current_password: password, new_password: 'Other-Horse-8' }
    expect((await session.asks('POST', '/users/change-password', change)).status).toBe(200)
  })

  test('sign in on the page too', async () => {
    const [, password = '', hash = ''] = ODD[1] ?? []
    const { email } = await withHash(hash)
    const reply = await send('/sign-in', {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'sec-fetch-site': 'same-origin',
      },
      body: new URLSearchParams({ email, password }).toString(),
      redirect: 'manual',
    })
    expect(reply.status).toBe(303)
  })

  test('more than 4,096 characters are one 422 for everybody', async () => {
    const people = [await makeUser(), { id: 0, email: freshEmail(), password: '' }]
    for (const person of people) {
      const reply = await postSignIn({ ...person, password: 'x'.repeat(4097) })
      expect(named(reply)).toEqual(['password too_big'])
      const most = await postSignIn({ ...person, password: 'x'.repeat(4096) })
      expect(said(most)).toBe('401 invalid_credentials')
    }
  })
})
