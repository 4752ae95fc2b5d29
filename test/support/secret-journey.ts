/**
 * A journey that creates, accepts and refuses secrets of every kind, and remembers each of them.
 */
import { env } from 'cloudflare:workers'
import { expect, inject, vi } from 'vitest'
import { outboxHandlers } from '../../src/background/outbox-handlers'
import { sessionHash } from '../../src/crypto/session-hash'
import { sweepOutbox } from '../../src/outbox/sweep'
import { passkeyProof } from '../step-up/people'
import { trustBrowser } from '../trusted-devices/devices'
import { call, post } from './api'
import { makeKey } from './api-keys'
import { SoftwareAuthenticator } from './authenticator'
import { pass, SECOND } from './clock'
import {
  changePassword,
  changeToken,
  verifyChange,
  forgot,
  mailedToken,
  NEW_PASSWORD,
  reset,
  sendAll,
  undoChange,
  WRONG_PASSWORD,
} from './credentials'
import { depsFor } from './deps'
import { allMails } from './mailbox'
import { assertion, created, present } from './passkeys'
import {
  challengeOf,
  enable,
  freshCode,
  ok,
  setUp,
  userWithSecondFactor,
  verify,
} from './second-factor'
import { wrongCode } from './totp'
import { under } from './under'
import { freshEmail, PASSWORD, staff, type User } from './users'
import { postSignIn, session, verifyByApi } from './users-by-api'
import { wrapEnv } from './wrapped-env'

const THIRD_PASSWORD = 'Thirdly-Horses-9'

/**
 * Secrets to search for, by kind. Six-digit codes are separate: they are short, so they are matched
 * as whole numbers.
 */
export const secrets = new Map<string, string>()
export const codes: string[] = []
export const addresses: string[] = []
/** Session ids, which may be stored only in the user's object. */
export const sessionIds: string[] = []
const keep = (what: string, secret: string) => {
  secrets.set(`${what} ${secrets.size}`, secret)
  return secret
}
const keepCode = (code: string) => {
  codes.push(code)
  return code
}
const signedIn = async (person: User) => {
  const { body } = ok(await postSignIn(person, { remember_me: true }))
  keep('access token', body.access_token)
  keep('refresh token', body.refresh_token)
  sessionIds.push(body.session_id)
  return { ...person, token: body.access_token, refresh: body.refresh_token }
}

/** A session that is still live at the end, once the index of sessions in D1 lists it. */
export async function lastingSession(): Promise<void> {
  const { body } = ok(await postSignIn(await verifyByApi()))
  sessionIds.push(body.session_id)
  const find = env.DB.prepare('SELECT 1 FROM user_sessions WHERE id = ?')
  const isListed = async () => (await find.bind(sessionHash(body.session_id)).first()) !== null
  await vi.waitFor(async () => expect(await isListed()).toBe(true), 10_000)
}

/** Needs a stopped clock (stopClock). */
export async function journeyOfSecrets(): Promise<void> {
  // What the journey of an earlier file kept is no longer there.
  secrets.clear()
  for (const list of [codes, addresses, sessionIds]) list.length = 0
  const settings = env as unknown as Record<string, string>
  for (const password of [PASSWORD, NEW_PASSWORD, THIRD_PASSWORD, WRONG_PASSWORD]) {
    keep('password', password)
  }
  for (const name of ['TOKEN_KEYS', 'DATA_KEYS', 'SETUP_TOKEN']) {
    keep(name, settings[name]?.split(':').at(-1) ?? '')
  }
  const ada = await verifyByApi()
  const [email, second] = [freshEmail(), freshEmail()]
  addresses.push(ada.email, email, second)
  await postSignIn({ ...ada, password: WRONG_PASSWORD })
  let who = await signedIn(ada)
  const { body: refreshed } = ok(await post('/api/v1/auth/refresh', { refresh_token: who.refresh }))
  keep('refresh token', refreshed.refresh_token)
  keep('access token', refreshed.access_token)

  const { secret, otpauth_uri } = ok(await setUp(who)).body
  keep('TOTP secret', secret)
  keep('otpauth URI', otpauth_uri)
  const { recovery_codes } = ok(await enable(who, keepCode(await freshCode({ secret })))).body
  for (const code of recovery_codes) {
    keep('recovery code', code)
    keep('recovery code without dashes', code.replaceAll('-', ''))
  }
  const challenge = keep('challenge', await challengeOf(ada))
  await verify(challenge, { code: keepCode(await wrongCode(secret)) })
  await verify(challenge, { code: keepCode(await freshCode({ secret })) })
  await verify(keep('challenge', await challengeOf(ada)), { recovery_code: recovery_codes[0] })
  const renewal = { password: PASSWORD, code: keepCode(await freshCode({ secret })) }
  const renewed = ok(await post('/api/v1/users/2fa/recovery-codes', renewal, who)).body
  for (const code of renewed.recovery_codes) keep('recovery code', code)

  await verifyChange(await changeToken(who, email, { code: keepCode(await freshCode({ secret })) }))
  const undo = await mailedToken(ada.email, '/undo-email-change')
  ok(
    await post(
      '/api/v1/users/2fa/disable',
      { password: PASSWORD, recovery_code: renewed.recovery_codes[0] },
      who,
    ),
  )
  ok(await changePassword(who))
  who = await signedIn({ ...ada, email, password: NEW_PASSWORD })
  await changeToken(who, second, { password: NEW_PASSWORD })
  ok(await undoChange(undo))
  ok(await reset(await mailedToken(ada.email, '/reset-password'), THIRD_PASSWORD))
  who = await signedIn({ ...ada, password: THIRD_PASSWORD })
  await secretsOfWebhooks()
  await secretsOfApps()
  // Left pending: a requested reset, a setup, a challenge, and emails and events that are not sent
  // yet.
  await forgot(ada.email)
  keep('TOTP secret', ok(await setUp(who)).body.secret)
  await post('/api/v1/setup', {
    token: keep('wrong setup token', 'not-the-token-but-a-secret'),
    email,
    password: THIRD_PASSWORD,
    full_name: 'Eve Other',
  })
  await session(who.token)
  await passkeysAndTrust()
  await revocations()
  const key = await makeKey(await staff('admin'))
  await call('GET', '/api/v1/admin/users', undefined, { token: keep('API key', key.token) })
  keep('API key’s secret', key.token.slice(-43))
  await sendAll()
  for (const { text } of allMails()) {
    for (const [, token = ''] of text.matchAll(/token=([\w.-]+)/g)) keep('mailed token', token)
  }
  pass(SECOND)
}

/**
 * Sessions that an admin revokes: one at once, one still pending in the outbox, and one kept by a
 * change.
 */
async function revocations(): Promise<void> {
  const root = await staff('admin')
  const [now, later, kept] = [await staff(), await staff(), await staff()]
  sessionIds.push(root.sessionId, now.sessionId, later.sessionId, kept.sessionId)
  const path = ({ id, sessionId }: { id: number; sessionId: string }) =>
    `/admin/users/${id}/sessions/${sessionId}`
  const lost = wrapEnv(env, ({ name }, go) =>
    /^USER_SESSIONS\.(revoke|sync)/.test(name) ? Promise.reject(new Error('lost')) : go(),
  )
  const api = under({ ...lost })
  const { secret } = ok(await setUp(kept)).body
  keep('TOTP secret', secret)
  const code = keepCode(await freshCode({ secret }))
  await api.post('/api/v1/users/2fa/enable', { code }, kept.token)
  ok(await root.asks('DELETE', path(now)))
  await api.del(`/api/v1${path(later)}`, root.token)
}

/** A passkey that is added and used in every way, and a trusted browser. */
async function passkeysAndTrust(): Promise<void> {
  const pia = await userWithSecondFactor()
  addresses.push(pia.email)
  sessionIds.push(pia.sessionId)
  keep('TOTP secret', pia.secret)
  const authenticator = new SoftwareAuthenticator()
  const made = await created(pia, authenticator)
  keep('passkey challenge', made.challenge_token)
  ok(await pia.asks('POST', '/users/passkeys', made))
  const sent = keepResponse(await assertion(authenticator))
  const { body } = ok(await present(sent, { remember_me: true }))
  keep('access token', body.access_token)
  keep('refresh token', body.refresh_token)
  sessionIds.push(body.session_id)
  const { passkey } = await passkeyProof({ ...pia, authenticator })
  ok(await pia.asks('POST', '/auth/step-up', { passkey: keepResponse(passkey) }))
  const first = keep('device token', await trustBrowser(pia))
  const again = ok(await postSignIn(pia, { device_token: first })).body
  keep('device token', again.device_token)
  sessionIds.push(again.session_id)
  // Made and never used, and used by a stranger.
  unused = keepResponse(await assertion(authenticator))
  await present(keepResponse(await assertion(authenticator.clone())), { remember_me: 'perhaps' })
}

let unused: object = {}
const keepResponse = <S extends Awaited<ReturnType<typeof assertion>>>(sent: S): S => {
  keep('passkey challenge', sent.challenge_token)
  keep('signature of a passkey', sent.credential.response.signature)
  return sent
}

/** An endpoint with two secrets, one of which was replaced, and a pending delivery. */
async function secretsOfWebhooks(): Promise<void> {
  const { asks } = await staff('admin')
  const url = `http://127.0.0.1:${inject('webhookPort')}/fail/secrets`
  const made = await asks('POST', '/admin/webhooks', { url, events: null, password: PASSWORD })
  const path = `/admin/webhooks/${made.body.id}`
  const rotated = await asks('POST', `${path}/rotate-secret`, { password: PASSWORD })
  for (const { body } of [made, rotated]) {
    keep('webhook secret', body.secret)
    keep('webhook secret without its prefix', body.secret.replace('whsec_', ''))
  }
  await asks('POST', `${path}/test`)
  await sweepOutbox(depsFor(), outboxHandlers, 'webhooks')
}

/** An app and an API, each with a current and a replaced secret. */
async function secretsOfApps(): Promise<void> {
  const { asks } = await staff('admin')
  const redirect_uris = ['https://client.example.org/callback']
  const app = { name: 'Orders', kind: 'web', first_party: false, redirect_uris }
  const made = await asks('POST', '/admin/apps', { ...app, password: PASSWORD })
  const resource = { identifier: 'https://api.example.org/secrets', name: 'Orders API' }
  const api = await asks('POST', '/admin/resources', { ...resource, password: PASSWORD })
  const again = { password: PASSWORD }
  const rotated = [
    await asks('POST', `/admin/apps/${made.body.client_id}/rotate-secret`, again),
    await asks('POST', `/admin/resources/${api.body.id}/rotate-secret`, again),
  ]
  for (const { body } of [made, api, ...rotated]) {
    const secret = String(body.client_secret ?? body.secret)
    keep('app secret', secret)
    keep('app secret without its prefix', secret.replace('ghs_', ''))
  }
}

const FAULTS = ['DB.batch', 'DB.', 'USER_SESSIONS.', 'THROTTLE.', '_QUEUE.send', 'nothing']

/**
 * The same routes with logging on, while each outside call fails in turn, and finally the email
 * transport.
 */
export async function faultsOfSecrets(): Promise<void> {
  const ada = await verifyByApi()
  addresses.push(ada.email)
  const who = await signedIn(ada)
  await forgot(ada.email)
  const token = keep('mailed token', await mailedToken(ada.email, '/reset-password'))
  const weak = keep('weak password', 'weak-password-of-mine')
  for (const fault of FAULTS) {
    const failing = wrapEnv(env, ({ name }, go) =>
      name.includes(fault)
        ? Promise.reject(new Error(`D1_ERROR: lost ${ada.email} ${token}`))
        : go(),
    )
    const api = under({ ...failing, LOG_REQUESTS: 'true' })
    const email = freshEmail()
    addresses.push(email)
    const requests: [string, object][] = [
      ['auth/login', { username: ada.email, password: PASSWORD }],
      ['auth/register', { email, password: THIRD_PASSWORD, full_name: 'Eve Other' }],
      ['auth/register', { email, password: weak, full_name: 'Eve Other', secret: token }],
      ['auth/forgot-password', { email: ada.email }],
      ['auth/reset-password', { token, new_password: weak }],
      ['auth/verify-email', { token }],
      ['auth/refresh', { refresh_token: who.refresh }],
      ['auth/2fa/verify', { challenge_token: who.refresh, code: '123456' }],
      ['auth/passkey/verify', { ...unused }],
      ['auth/2fa/verify', { ...unused }],
      ['auth/step-up', { passkey: unused }],
      ['auth/undo-sign-in-method', { token }],
      ['users/2fa/setup', { password: PASSWORD }],
      ['users/change-email', { password: PASSWORD, new_email: email }],
      ['users/change-password', { current_password: PASSWORD, new_password: weak }],
      [`users/sessions/${token}?token=${token}&email=${email}`, {}],
      [`auth/verify-email?token=${token}`, { token: [token] }],
    ]
    for (const [path, body] of requests) {
      const { body: answer } = await api.post(`/api/v1/${path}`, body, who.token)
      for (const name of ['access_token', 'refresh_token', 'secret', 'otpauth_uri']) {
        if (typeof answer?.[name] === 'string') keep(name, answer[name])
      }
    }
  }
  const unsent = wrapEnv(env, ({ name }, go) =>
    name === 'EMAIL.send' ? Promise.reject(new Error(`no way to ${ada.email} ${token}`)) : go(),
  )
  await sweepOutbox(depsFor({ env: unsent }), outboxHandlers)
}
