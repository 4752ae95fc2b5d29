/** POST /oauth/token: what each grant gives, and what it refuses. */
import { env } from 'cloudflare:workers'
import { describe, expect, test, vi } from 'vitest'
import { forgetAppMap } from '../../src/apps/app-map'
import { toBase64Url, utf8 } from '../../src/crypto/encoding'
import { decryptToken, encryptToken } from '../../src/crypto/encrypted-token'
import { sessionsOf } from '../../src/sessions/object-stub'
import { makeApp, makeResource, type MadeApp, REDIRECT_URI } from '../support/apps'
import { stopClock, pass, MINUTE } from '../support/clock'
import { depsFor } from '../support/deps'
import { signedInUser, staff } from '../support/users'
import { fetchWith } from '../support/worker'
import { wrapEnv } from '../support/wrapped-env'
import {
  basic,
  claimsOf,
  codeFor,
  introspect,
  postForm,
  redeem,
  refreshWith,
  said,
  tokensFor,
  userinfo,
  VERIFIER,
} from './flow'

stopClock()

const ISSUER = 'http://localhost:8787'

/** In another isolate than the test's. */
const tokensIn = (isolate: Env, app: MadeApp, fields: Record<string, string>) =>
  fetchWith(isolate as never, '/oauth/token', {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: basic(app.clientId, app.secret ?? ''),
    },
    body: new URLSearchParams(fields),
  })

const redeemIn = (isolate: Env, app: MadeApp, code: string) =>
  tokensIn(isolate, app, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: REDIRECT_URI,
    code_verifier: VERIFIER,
  })

/** Isolates that have just begun, whose D1 fails from its first answer on, from its second one on, and so forth. */
function* failingIsolates() {
  for (let answers = 0; ; answers++) {
    let left = answers
    yield wrapEnv(env, ({ name }, go) => {
      if (name.startsWith('DB.') && left-- <= 0) throw new Error('D1_ERROR: storage failed')
      return go()
    })
  }
}

describe('a code', () => {
  test('is exchanged for an access token, an ID token and a refresh token', async () => {
    const [app, user] = [await makeApp(), await signedInUser()]
    const reply = await redeem(app, await codeFor(app, user))
    expect(reply.status).toBe(200)
    expect(reply.headers.get('cache-control')).toBe('no-store')
    const { access_token, id_token, refresh_token, ...rest } = reply.body
    expect(rest).toEqual({ token_type: 'Bearer', expires_in: 3600, scope: 'openid profile email' })
    const access = claimsOf(access_token)
    expect(Object.keys(access).sort()).toEqual(
      ['acr', 'aud', 'auth_time', 'client_id', 'exp', 'iat', 'iss', 'jti', 'scope', 'sub'].sort(),
    )
    expect(access).toMatchObject({
      iss: ISSUER,
      aud: app.clientId,
      client_id: app.clientId,
      scope: 'openid profile email',
      acr: 'urn:gatehouse:acr:1',
    })
    const id = claimsOf(id_token)
    const hash = await crypto.subtle.digest('SHA-256', utf8(access_token))
    expect(id).toMatchObject({
      iss: ISSUER,
      aud: app.clientId,
      sub: access['sub'],
      nonce: 'n-0',
      at_hash: toBase64Url(hash.slice(0, 16)),
      amr: ['pwd'],
    })
    // What the app can read names no user of ours.
    for (const text of [access_token, id_token, refresh_token]) {
      const read = text.split('.').map((part: string) => {
        try {
          return atob(part.replaceAll('-', '+').replaceAll('_', '/'))
        } catch {
          return ''
        }
      })
      expect(`${text} ${read.join(' ')}`).not.toContain(user.subject)
    }
    expect(said(await refreshWith(app, refresh_token))).toBe('200')
  })

  test('of the past is refused', async () => {
    const [app, user] = [await makeApp(), await signedInUser()]
    const code = await codeFor(app, user)
    pass(61_000)
    expect(said(await redeem(app, code))).toBe('400 invalid_grant')
  })

  test('has a verifier of 43 to 128 characters, which may be plain Base64', async () => {
    const [app, user] = [await makeApp(), await signedInUser()]
    const verifier = `${'+/'.repeat(21)}A=`
    const code = await codeFor(app, user, { verifier })
    const wrong = [
      `${'+/'.repeat(21)}B=`,
      verifier.slice(0, 42),
      'v'.repeat(129),
      `${verifier} `,
      'é'.repeat(43),
    ]
    const replies = await Promise.all(
      wrong.map((code_verifier) => redeem(app, code, { code_verifier })),
    )
    expect(replies.map(said)).toEqual([
      '400 invalid_grant',
      ...Array.from({ length: 4 }, () => '400 invalid_request'),
    ])
    expect(said(await redeem(app, code, { code_verifier: verifier }))).toBe('200')
  })

  test('wakes no object if it is forged or of another kind', async () => {
    const [app, user] = [await makeApp(), await signedInUser()]
    const called: string[] = []
    const watched = wrapEnv(env, ({ name }, go) => {
      called.push(name)
      return go()
    })
    const keys = depsFor().config.TOKEN_KEYS
    const { refresh_token } = await tokensFor(app, user)
    const other = await encryptToken(keys, 'app_access', { subject: user.subject, sid: 'x' })
    for (const code of ['x.y', other, refresh_token, `test1.${'A'.repeat(100)}`]) {
      const reply = await fetchWith(watched as never, '/oauth/token', {
        method: 'POST',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          authorization: basic(app.clientId, app.secret ?? ''),
        },
        body: new URLSearchParams({
          grant_type: 'authorization_code',
          code,
          redirect_uri: 'https://client.example.org/callback',
        }),
      })
      expect(said(reply)).toBe('400 invalid_grant')
    }
    expect(called.filter((name) => name.startsWith('USER_SESSIONS'))).toEqual([])
  })

  test('is unspent if the user’s object cannot be asked', async () => {
    const [app, user] = [await makeApp(), await signedInUser()]
    const code = await codeFor(app, user)
    const broken = wrapEnv(env, ({ name }, go) => {
      if (name === 'USER_SESSIONS.redeemCode') throw new Error('Network connection lost')
      return go()
    })
    vi.spyOn(console, 'error').mockImplementation(() => {})
    vi.spyOn(console, 'warn').mockImplementation(() => {})
    const reply = await redeemIn(broken, app, code)
    expect(said(reply)).toBe('503 temporarily_unavailable')
    expect(reply.headers.get('retry-after')).toMatch(/^\d+$/)
    expect(said(await redeem(app, code))).toBe('200')
  })

  test('is unspent if its tokens cannot be made now', async () => {
    const [app, user] = [await makeApp(), await signedInUser()]
    const code = await codeFor(app, user)
    vi.spyOn(console, 'error').mockImplementation(() => {})
    vi.spyOn(console, 'warn').mockImplementation(() => {})
    const answered: string[] = []
    for (const isolate of failingIsolates()) {
      answered.push(said(await redeemIn(isolate, app, code)))
      if (!answered.at(-1)?.startsWith('503')) break
    }
    expect(answered.length).toBeGreaterThan(3)
    expect(answered.at(-1)).toBe('200')
  })

  test('is unspent after a request for an API that was not granted', async () => {
    const [granted, other] = [await makeResource(), await makeResource()]
    const app = await makeApp({ resources: [granted.identifier, other.identifier] })
    const user = await signedInUser()
    const code = await codeFor(app, user, { resources: [granted.identifier] })
    const wrong = await redeem(app, code, { resource: other.identifier })
    expect(said(wrong)).toBe('400 invalid_target')
    const right = await redeem(app, code, { resource: granted.identifier })
    expect(claimsOf(right.body.access_token)['aud']).toBe(granted.identifier)
  })

  test('of PKCE needs no redirect URI, as OAuth 2.1 sends none', async () => {
    const [app, user] = [await makeApp({ pkce: 'optional' }), await signedInUser()]
    const without = { redirect_uri: undefined }
    const code = await codeFor(app, user)
    const wrong = await redeem(app, code, { ...without, code_verifier: 'w'.repeat(43) })
    expect(said(wrong)).toBe('400 invalid_grant')
    expect(said(await redeem(app, code, without))).toBe('200')
    const plain = await codeFor(app, user, { pkce: false })
    expect(said(await redeem(app, plain, without))).toBe('400 invalid_grant')
    const neither = { ...without, code_verifier: undefined }
    expect(said(await redeem(app, plain, neither))).toBe('400 invalid_request')
    expect(said(await redeem(app, plain, { code_verifier: undefined }))).toBe('200')
  })

  test('is for apps of users: a machine gets nothing for one', async () => {
    const [app, user] = [await makeApp(), await signedInUser()]
    const machine = await makeApp({ kind: 'machine' })
    const code = await codeFor(app, user)
    expect(said(await redeem(machine, code))).toBe('400 unauthorized_client')
  })
})

describe('a refresh token', () => {
  test('is replaced at each use, and the ID token keeps who and when, without the nonce', async () => {
    const [app, user] = [await makeApp(), await signedInUser()]
    const first = await tokensFor(app, user)
    pass(MINUTE)
    const second = (await refreshWith(app, first.refresh_token)).body
    expect(second.refresh_token).not.toBe(first.refresh_token)
    const [before, after] = [claimsOf(first.id_token), claimsOf(second.id_token)]
    for (const claim of ['iss', 'sub', 'aud', 'auth_time', 'sid', 'acr']) {
      expect(after[claim]).toEqual(before[claim])
    }
    expect(after).not.toHaveProperty('nonce')
    expect(after['iat']).toBeGreaterThan(before['iat'])
  })

  test('narrows scope and resources for one token, and never widens them', async () => {
    const api = await makeResource({ scopes: [{ name: 'read' }, { name: 'write' }] })
    const second = await makeResource({ scopes: [{ name: 'pay' }], tokenTtlSeconds: 700 })
    const app = await makeApp({
      resources: [api.identifier, second.identifier],
      scopes: ['openid', 'read', 'write', 'pay'],
    })
    const asked = {
      scopes: ['openid', 'read', 'pay'],
      resources: [api.identifier, second.identifier],
    }
    const all = await tokensFor(app, await signedInUser(), asked)
    expect(claimsOf(all.access_token)).toMatchObject({
      aud: [api.identifier, second.identifier, ISSUER],
      scope: 'openid read pay',
    })
    expect(all.expires_in).toBe(600)
    const one = await refreshWith(app, all.refresh_token, { resource: second.identifier })
    expect(claimsOf(one.body.access_token)).toMatchObject({
      aud: second.identifier,
      scope: 'openid pay',
    })
    expect(one.body.expires_in).toBe(700)
    const less = await refreshWith(app, one.body.refresh_token, { scope: 'read' })
    expect(less.body.scope).toBe('read')
    expect(less.body).not.toHaveProperty('id_token')
    const wider = await refreshWith(app, less.body.refresh_token, { scope: 'read write' })
    expect(said(wider)).toBe('400 invalid_scope')
    // It was not granted less for good.
    pass(1000)
    const back = await refreshWith(app, less.body.refresh_token)
    expect(back.body.scope).toBe('openid read pay')
    const foreign = await makeResource()
    expect(
      said(await refreshWith(app, back.body.refresh_token, { resource: foreign.identifier })),
    ).toBe('400 invalid_target')
  })

  test('is not used up while D1 fails, and renews the session without claims that D1 has', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    vi.spyOn(console, 'warn').mockImplementation(() => {})
    const [app, user] = [await makeApp(), await signedInUser()]
    const claims = { userinfo: [], idToken: ['email'] }
    const first = await tokensFor(app, user, { claims })
    expect(claimsOf(first.id_token)['email']).toBe(user.email)
    const { refresh_token } = first
    let [tries, reply] = [0, await userinfo()]
    for (const isolate of failingIsolates()) {
      tries += 1
      // Long after the grace of a token that was replaced.
      pass(10 * MINUTE)
      reply = await tokensIn(isolate, app, { grant_type: 'refresh_token', refresh_token })
      if (reply.status !== 503) break
    }
    expect(said(reply)).toBe('200')
    expect(tries).toBeGreaterThan(3)
    expect(claimsOf(reply.body.id_token)).not.toHaveProperty('email')
    const again = await refreshWith(app, reply.body.refresh_token)
    expect(claimsOf(again.body.id_token)['email']).toBe(user.email)
  })

  test('is not used up by a request for more than was granted', async () => {
    const [granted, other] = [await makeResource(), await makeResource()]
    const app = await makeApp({ resources: [granted.identifier, other.identifier] })
    const { refresh_token: token } = await tokensFor(app, await signedInUser(), {
      resources: [granted.identifier],
    })
    const wider = await refreshWith(app, token, { scope: 'openid roles' })
    expect(said(wider)).toBe('400 invalid_scope')
    const elsewhere = await refreshWith(app, token, { resource: other.identifier })
    expect(said(elsewhere)).toBe('400 invalid_target')
    // Long after the grace of a token that was replaced.
    pass(10 * MINUTE)
    expect(said(await refreshWith(app, token))).toBe('200')
  })

  test('gives a scope only while the user holds its permission', async () => {
    const root = await staff('admin')
    const user = await staff('moderator')
    const api = await makeResource({
      scopes: [
        { name: 'look', permission: 'admin:users' },
        { name: 'see', permission: 'read:all' },
      ],
    })
    const app = await makeApp({ resources: [api.identifier], scopes: ['openid', 'look', 'see'] })
    const held = await root.asks('GET', `/admin/users/${user.id}`)
    expect(held.status).toBe(200)
    const admin = await tokensFor(app, root, {
      scopes: ['openid', 'look'],
      resources: [api.identifier],
    })
    expect(admin.scope).toBe('openid look')
    const plain = await tokensFor(app, user, {
      scopes: ['openid', 'look'],
      resources: [api.identifier],
    })
    expect(plain.scope).toBe('openid')
  })

  test('of a disabled app is refused', async () => {
    const [app, user] = [await makeApp(), await signedInUser()]
    const { refresh_token, access_token } = await tokensFor(app, user)
    await env.DB.prepare('UPDATE apps SET disabled_at = 1 WHERE client_id = ?')
      .bind(app.clientId)
      .run()
    forgetAppMap(depsFor())
    expect(said(await refreshWith(app, refresh_token))).toBe('401 invalid_client')
    expect(said(await userinfo(access_token))).toBe('401 invalid_token')
  })
})

describe('the credentials of a machine', () => {
  const asMachine = (app: MadeApp, more: Record<string, string> = {}) =>
    postForm('/oauth/token', { grant_type: 'client_credentials', ...more }, app)

  test('give a token for its resources, without a refresh token', async () => {
    const api = await makeResource({
      scopes: [{ name: 'read', permission: 'admin:users' }, { name: 'write' }],
      tokenTtlSeconds: 900,
    })
    const app = await makeApp({
      kind: 'machine',
      resources: [api.identifier],
      scopes: ['read', 'openid'],
    })
    const reply = await asMachine(app, { resource: api.identifier })
    const { access_token, ...rest } = reply.body
    expect(rest).toEqual({ token_type: 'Bearer', expires_in: 900, scope: 'read' })
    expect(claimsOf(access_token)).toMatchObject({
      sub: app.clientId,
      client_id: app.clientId,
      aud: api.identifier,
      scope: 'read',
    })
    expect(claimsOf(access_token)).not.toHaveProperty('auth_time')
    expect((await introspect(api, access_token)).body).toMatchObject({
      active: true,
      sub: app.clientId,
      client_id: app.clientId,
      scope: 'read',
      aud: api.identifier,
    })
    expect(said(await userinfo(access_token))).toBe('401 invalid_token')
    for (const scope of ['write', 'openid', 'offline_access', 'read  write']) {
      expect(said(await asMachine(app, { scope }))).toBe('400 invalid_scope')
    }
    const foreign = await makeResource()
    expect(said(await asMachine(app, { resource: foreign.identifier }))).toBe('400 invalid_target')
  })

  test('of no machine give nothing', async () => {
    const [web, spa] = [await makeApp(), await makeApp({ kind: 'spa' })]
    expect(said(await asMachine(web))).toBe('400 unauthorized_client')
    expect(said(await asMachine(spa))).toBe('400 unauthorized_client')
  })

  test('end with the app', async () => {
    const api = await makeResource()
    const app = await makeApp({ kind: 'machine', resources: [api.identifier] })
    const { access_token } = (await asMachine(app)).body
    expect((await introspect(api, access_token)).body.active).toBe(true)
    await env.DB.prepare('UPDATE apps SET disabled_at = 1 WHERE client_id = ?')
      .bind(app.clientId)
      .run()
    forgetAppMap(depsFor())
    expect((await introspect(api, access_token)).body).toEqual({ active: false })
  })
})

test('parameters are read by OAuth’s rules, and unknown grants are refused by name', async () => {
  const app = await makeApp()
  const ask = (fields: Record<string, string> | [string, string][]) =>
    postForm('/oauth/token', fields, app)
  for (const name of ['password', 'implicit', 'constructor', '__proto__', 'toString']) {
    expect(said(await ask({ grant_type: name }))).toBe('400 unsupported_grant_type')
  }
  expect(said(await ask({}))).toBe('400 invalid_request')
  expect(said(await ask({ grant_type: '' }))).toBe('400 invalid_request')
  const twice: [string, string][] = [
    ['grant_type', 'refresh_token'],
    ['grant_type', 'refresh_token'],
  ]
  expect(said(await ask(twice))).toBe('400 invalid_request')
  const [user, more] = [await signedInUser(), { unknown: '1', another: '<script>' }]
  expect(said(await redeem(app, await codeFor(app, user), more))).toBe('200')
})

test('a scope that an admin takes from an app is missing from its tokens, live ones too', async () => {
  const [one, two] = [
    await makeResource({ scopes: [{ name: 'read' }] }),
    await makeResource({ scopes: [{ name: 'write' }] }),
  ]
  const resources = [one.identifier, two.identifier]
  const app = await makeApp({ resources, scopes: ['openid', 'email', 'read', 'write'] })
  const scopes = ['openid', 'email', 'read', 'write']
  const tokens = await tokensFor(app, await signedInUser(), { scopes, resources })
  expect((await introspect(one, tokens.access_token)).body.active).toBe(true)
  await env.DB.prepare('UPDATE apps SET resources = ?2, scopes = ?3 WHERE client_id = ?1')
    .bind(
      app.clientId,
      JSON.stringify([two.identifier]),
      JSON.stringify(['openid', 'read', 'write']),
    )
    .run()
  forgetAppMap(depsFor())
  expect((await introspect(one, tokens.access_token)).body).toEqual({ active: false })
  expect((await introspect(two, tokens.access_token)).body.scope).toBe('openid write')
  expect((await introspect(app, tokens.refresh_token)).body.scope).toBe('openid write')
  expect(Object.keys((await userinfo(tokens.access_token)).body)).toEqual(['sub'])
  const refreshed = (await refreshWith(app, tokens.refresh_token)).body
  expect(refreshed.scope).toBe('openid write')
  expect(claimsOf(refreshed.access_token)['aud']).toEqual([two.identifier, ISSUER])
  await env.DB.prepare('DELETE FROM resources WHERE id = ?').bind(two.id).run()
  forgetAppMap(depsFor())
  expect(said(await refreshWith(app, refreshed.refresh_token))).toBe('400 invalid_target')
})

test('fifty refreshes at once make one chain', async () => {
  const [app, user] = [await makeApp(), await signedInUser()]
  const first = await tokensFor(app, user)
  const asked = Array.from({ length: 50 }, () => refreshWith(app, first.refresh_token))
  const replies = await Promise.all(asked)
  const keys = depsFor().config.TOKEN_KEYS
  const generations = new Set<unknown>()
  for (const { status, body } of replies) {
    expect(status).toBe(200)
    generations.add((await decryptToken(keys, 'app_refresh', body.refresh_token))?.n)
  }
  expect(generations.size).toBe(1)
  const next = await refreshWith(app, replies[7]?.body.refresh_token)
  expect(next.status).toBe(200)
  pass(2 * MINUTE)
  // A second branch does not exist: what the others got is reuse by now.
  expect(said(await refreshWith(app, replies[9]?.body.refresh_token))).toBe('400 invalid_grant')
})

test('an app of a permission serves only users who hold it, at every use', async () => {
  const user = await staff('moderator')
  const app = await makeApp({ requiredPermission: 'admin:users' })
  const code = await codeFor(app, user)
  expect(said(await redeem(app, code))).toBe('400 invalid_grant')
  const open = await makeApp()
  const tokens = await tokensFor(open, user)
  await env.DB.prepare("UPDATE apps SET required_permission = 'admin:users' WHERE client_id = ?")
    .bind(open.clientId)
    .run()
  forgetAppMap(depsFor())
  expect(said(await userinfo(tokens.access_token))).toBe('401 invalid_token')
  expect((await introspect(open, tokens.access_token)).body).toEqual({ active: false })
  expect(said(await refreshWith(open, tokens.refresh_token))).toBe('400 invalid_grant')
})

test('a user who has to change their password uses no app until that is done', async () => {
  const [root, user, app] = [await staff('admin'), await signedInUser(), await makeApp()]
  const tokens = await tokensFor(app, user, { scopes: ['openid', 'offline_access'] })
  expect(said(await userinfo(tokens.access_token))).toBe('200')
  await root.asks('POST', `/admin/users/${user.id}/require-password-change`)
  expect(said(await userinfo(tokens.access_token))).toBe('401 invalid_token')
  expect((await introspect(app, tokens.access_token)).body).toEqual({ active: false })
  expect(said(await refreshWith(app, tokens.refresh_token))).toBe('400 invalid_grant')
})

test('the end of the browser’s session ends its tokens, and the object is asked each time', async () => {
  const [app, user] = [await makeApp(), await signedInUser()]
  const { access_token } = await tokensFor(app, user)
  expect(said(await userinfo(access_token))).toBe('200')
  await sessionsOf(depsFor(), user.subject).endAppSession(
    claimsOf((await tokensFor(app, user)).id_token)['sid'],
    app.clientId,
    'revoked_by_app',
    { ip: null, country: null, userAgent: null },
  )
  expect(said(await userinfo(access_token))).toBe('200')
  await user.asks('POST', '/auth/logout')
  expect(said(await userinfo(access_token))).toBe('401 invalid_token')
})
