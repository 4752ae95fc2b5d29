/** Bodies that can be read and are refused: every failing field and rule is named at once. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { call, post, send } from '../support/api'
import { named } from '../support/named'
import { freshEmail, PASSWORD, type SignedInUser, signedInUser, staff } from '../support/users'

const REGISTER = '/api/v1/auth/register'
const PROFILE = '/api/v1/users/profile'

let ada: SignedInUser
beforeAll(async () => {
  ada = await signedInUser()
})

const sendForm = (path: string, body: string, method = 'POST', token?: string) =>
  send(path, {
    method,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'cf-connecting-ip': '192.0.2.1',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body,
  })

const accounts = () => env.DB.prepare('SELECT count(*) AS n FROM users').first<number>('n')

describe.each([
  ['JSON', false],
  ['a form', true],
])('%s', (_, form) => {
  it('that is empty has every required field named', async () => {
    expect(named(await post(REGISTER, {}, { form }))).toEqual([
      'email required',
      'full_name required',
      'password required',
    ])
  })

  it('has each failing field and each failing password rule named at once', async () => {
    const body = { email: 'not an address', password: 'abc', full_name: 'A', is_admin: 'true' }
    expect(named(await post(REGISTER, body, { form }))).toEqual([
      'email invalid_email',
      'full_name too_short',
      'is_admin unknown_field',
      'password password_no_digit',
      'password password_no_special',
      'password password_no_uppercase',
      'password password_too_short',
    ])
  })

  it('has every unknown field refused and nothing done', async () => {
    const before = await accounts()
    const body = {
      email: freshEmail(),
      password: PASSWORD,
      full_name: 'Ada',
      is_admin: 'true',
      roles: 'admin',
      id: '1',
      constructor: 'x',
      toString: 'x',
    }
    expect(named(await post(REGISTER, body, { form }))).toEqual(
      ['constructor', 'id', 'is_admin', 'roles', 'toString'].map((name) => `${name} unknown_field`),
    )
    expect(await accounts()).toBe(before)
  })

  it('cannot be both username and email, nor neither', async () => {
    const both = { username: ada.email, email: ada.email, password: PASSWORD }
    expect(named(await post('/api/v1/auth/login', both, { form }))).toEqual(['username required'])
    const neither = { password: PASSWORD }
    expect(named(await post('/api/v1/auth/login', neither, { form }))).toEqual([
      'username required',
    ])
  })

  it('with what OAuth2 clients send along signs in', async () => {
    const body = {
      username: ada.email,
      password: PASSWORD,
      grant_type: 'password',
      scope: 'a b',
      client_id: 'x',
      client_secret: 'y',
    }
    expect((await post('/api/v1/auth/login', body, { form })).status).toBe(200)
    const other = { ...body, grant_type: 'client_credentials' }
    expect(named(await post('/api/v1/auth/login', other, { form }))).toEqual([
      'grant_type invalid_value',
    ])
  })
})

describe('JSON', () => {
  it.each(['[]', 'null', 'true', '7', '"text"', '[{"email":"a@example.com"}]'])(
    'that is no object is refused as a whole: %s',
    async (body) => {
      const headers = { 'content-type': 'application/json' }
      expect(named(await send(REGISTER, { method: 'POST', headers, body }))).toEqual([
        ' invalid_type',
      ])
    },
  )

  it('with fields of other types has each named', async () => {
    const body = { email: 7, password: [PASSWORD], full_name: { toString: 'x' } }
    expect(named(await post(REGISTER, body))).toEqual([
      'email invalid_type',
      'full_name invalid_type',
      'password invalid_type',
    ])
    const nulls = { email: null, password: null, full_name: null }
    expect(named(await post(REGISTER, nulls))).toEqual([
      'email invalid_type',
      'full_name invalid_type',
      'password invalid_type',
    ])
    expect(
      named(
        await post('/api/v1/auth/login', { username: 'a', password: 'b', remember_me: 'true' }),
      ),
    ).toEqual(['remember_me invalid_type'])
  })

  it('with a field called __proto__ is refused, and no prototype is touched', async () => {
    for (const body of [
      '{"__proto__":{"email":"a@example.com"}}',
      '{"__proto__":null}',
      '{"__proto__":{"is_admin":true}}',
    ]) {
      const reply = await send(PROFILE, {
        method: 'PATCH',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${ada.token}` },
        body,
      })
      expect(named(reply)).toEqual(['__proto__ unknown_field'])
    }
    expect(({} as Record<string, unknown>)['is_admin']).toBeUndefined()
  })

  it('with texts that hold NUL or half a surrogate pair has each refused', async () => {
    for (const bad of ['\0', '\ud800']) {
      const body = {
        email: `a${bad}@example.com`,
        password: `${PASSWORD}${bad}`,
        full_name: `Ada${bad}`,
      }
      const issues = named(await post(REGISTER, body))
      expect(issues).toContain('email invalid_email')
      expect(issues).toContain('full_name invalid_characters')
      if (bad === '\ud800') expect(issues.some((issue) => issue.startsWith('password '))).toBe(true)
    }
  })
})

describe('a form', () => {
  it('with a field twice is refused, even when both say the same', async () => {
    const body = `email=${ada.email}&email=${ada.email}&password=${PASSWORD}&full_name=Ada`
    expect(named(await sendForm(REGISTER, body))).toEqual(['email invalid_type'])
    const signIn = `username=${ada.email}&password=${PASSWORD}&remember_me=false&remember_me=true`
    expect(named(await sendForm('/api/v1/auth/login', signIn))).toEqual([
      'remember_me invalid_type',
    ])
  })

  it('with a field called __proto__ is refused', async () => {
    const body = `__proto__=x&email=${freshEmail()}&password=${PASSWORD}&full_name=Ada`
    expect(named(await sendForm(REGISTER, body))).toEqual(['__proto__ unknown_field'])
    expect(named(await sendForm(PROFILE, '__proto__%5Bx%5D=1', 'PATCH', ada.token))).toEqual([
      '__proto__[x] unknown_field',
    ])
  })

  it('takes booleans as the words true and false and nothing else', async () => {
    const postSignIn = (word: string) =>
      sendForm(
        '/api/v1/auth/login',
        `username=${ada.email}&password=${PASSWORD}&remember_me=${word}`,
      )
    expect((await postSignIn('true')).body.refresh_token).toMatch(/\./)
    expect((await postSignIn('false')).body.refresh_token).toBeNull()
    for (const word of ['1', 'on', 'True', '']) {
      expect(named(await postSignIn(word))).toEqual(['remember_me invalid_type'])
    }
  })

  it('carries plus signs, spaces and any character escaped', async () => {
    const name = 'Zoë + 100% & co = 👩‍🚀'
    const reply = await call(
      'PATCH',
      PROFILE,
      { full_name: name },
      { form: true, token: ada.token },
    )
    expect(reply.body.full_name).toBe(name)
    const curl = await sendForm(PROFILE, 'full_name=Ada+50%+off', 'PATCH', ada.token)
    expect(curl.body.full_name).toBe('Ada 50% off')
  })
})

describe('a refusal stays small, whatever was sent', () => {
  const MAX_ANSWER = 16 * 1024
  const sizeOf = (reply: { body: unknown }) => JSON.stringify(reply.body).length

  it('of unknown fields it names twenty, every field of the schema, and how many more there are', async () => {
    const unknown = Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`f${n}`, 1]))
    for (const form of [false, true]) {
      const reply = await post(REGISTER, { ...unknown, email: 'x', full_name: 'A' }, { form })
      expect(reply.status).toBe(422)
      expect(sizeOf(reply)).toBeLessThan(MAX_ANSWER)
      const all = named(reply)
      expect(all).toEqual(
        expect.arrayContaining([
          'email invalid_email',
          'full_name too_short',
          'password required',
          ' more_issues',
        ]),
      )
      expect(all.filter((each: string) => each.endsWith('unknown_field'))).toHaveLength(20)
      expect(reply.body.errors.at(-1)).toEqual({
        path: '',
        code: 'more_issues',
        message: '4980 more issues are not listed',
      })
    }
  })

  it('shortens names that are long', async () => {
    const reply = await post(REGISTER, { ['\u{1f600}'.repeat(10_000)]: 1 })
    expect(sizeOf(reply)).toBeLessThan(MAX_ANSWER)
    const [issue] = reply.body.errors.filter((each: any) => each.code === 'unknown_field')
    expect(issue.path.length).toBeLessThanOrEqual(64)
    expect(issue.path.isWellFormed()).toBe(true)
  })

  it('of a list it names twenty elements', async () => {
    const admin = await signInAsAdmin()
    const refused = await post('/api/v1/admin/users', wide(), { token: admin })
    expect(refused.status).toBe(422)
    expect(sizeOf(refused)).toBeLessThan(MAX_ANSWER)
    expect(named(refused)).toContain('email required')
  })

  it('names unknown parameters of a query likewise', async () => {
    const query = Array.from({ length: 900 }, (_, n) => `f${n}=1`).join('&')
    const admin = await signInAsAdmin()
    const reply = await call('GET', `/api/v1/admin/users?${query}`, undefined, { token: admin })
    expect(reply.status).toBe(422)
    expect(reply.body.errors).toHaveLength(21)
  })
})

const wide = () => ({ full_name: 'Ada', roles: Array.from({ length: 15_000 }, () => 7) })
const signInAsAdmin = async () => (await staff('admin')).token
