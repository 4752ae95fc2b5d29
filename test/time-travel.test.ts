/**
 * D1 set back by Time Travel while the objects stay as they are, and then the runbook of
 * docs/operations.md, step by step: what was ended stays ended, and nobody gets what was another's.
 */
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import type { JWK } from 'jose'
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import runbook from '../docs/operations.md?raw'
import afterRestore from '../scripts/after-restore.sql?raw'
import { randomId } from '../src/crypto/encoding'
import { EVENTS } from '../src/event-traits'
import worker from '../src/index'
import { publishedKeys } from '../src/sessions/tokens/signing-keys'
import { rowsOf } from './db/rows'
import { bringBack, keep } from './simulation/set-back'
import { freshIp, type Reply, said } from './support/api'
import { makeApp } from './support/apps'
import { mailedToken, NEW_PASSWORD } from './support/credentials'
import { depsFor } from './support/deps'
import { loseWakeUps } from './support/outbox'
import { freshCode, userWithSecondFactor } from './support/second-factor'
import { freshEmail, makeUser, PASSWORD, rowOf, sessionOf, type User } from './support/users'

vi.setConfig({ testTimeout: 30_000 })

type Ask = (method: string, path: string, body?: unknown, token?: string) => Promise<Reply>

/** An isolate: what it remembers hangs on its environment, so that a deployment starts with nothing. */
function isolate(settings: Record<string, string> = {}): Ask {
  const own = { ...env, ...settings } as unknown as Env
  return async (method, path, body, token) => {
    const request = new Request(`http://localhost:8787/api/v1${path}`, {
      method,
      headers: {
        'content-type': 'application/json',
        'cf-connecting-ip': freshIp(),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const ctx = createExecutionContext()
    const response = await worker.fetch(request as never, own, ctx)
    const text = await response.text()
    await waitOnExecutionContext(ctx)
    const { status, headers } = response
    return { status, headers, body: text === '' ? '' : JSON.parse(text) }
  }
}

const postSignIn = (
  ask: Ask,
  { email }: Pick<User, 'email'>,
  password = PASSWORD,
): Promise<Reply> => ask('POST', '/auth/login', { username: email, password, remember_me: true })

let deployments = 0
/** Step 1: new TOKEN_KEYS, alone. */
const newTokenKeys = () => {
  const key = crypto.getRandomValues(new Uint8Array(32))
  const text = key.toBase64({ alphabet: 'base64url', omitPadding: true })
  return { TOKEN_KEYS: `after${(deployments += 1)}:${text}` }
}

/** Steps 1 to 3, and the isolate that people meet afterwards. */
async function followRunbook(): Promise<Ask> {
  const settings = newTokenKeys()
  isolate(settings)
  await bringBack('then')
  const statements = afterRestore
    .replaceAll(/^--.*$/gm, '')
    .split(';')
    .filter((statement) => statement.trim() !== '')
  await env.DB.batch(statements.map((statement) => env.DB.prepare(statement)))
  return isolate(settings)
}

let root: User
let before: Ask
let byAdmin: Ask
beforeAll(async () => {
  loseWakeUps()
  root = await makeUser({ roles: ['admin'] })
})
beforeEach(async () => {
  before = isolate()
  byAdmin = await adminOn(before)
})

const adminOn = async (ask: Ask): Promise<Ask> => {
  const { access_token: token } = (await postSignIn(ask, root)).body
  return (method, path, body) => ask(method, path, body, token)
}

/** Signed in by the isolate of the time before, since this test's own may remember a revoked key. */
async function member(roles: string[] = []) {
  const user = await makeUser({ roles })
  return { ...user, ...sessionOf((await postSignIn(before, user)).body) }
}

describe('after D1 was set back and the runbook followed', () => {
  test('revoked sessions stay revoked, and no token of the undone time works', async () => {
    const [out, on] = [await member(), await member()]
    await keep('then')
    expect((await before('POST', '/auth/logout', undefined, out.token)).status).toBe(204)
    const later = (await postSignIn(before, on)).body
    const after = await followRunbook()
    for (const token of [out.token, on.token, later.access_token]) {
      expect(said(await after('GET', '/auth/session', undefined, token))).toBe(
        '401 invalid_access_token',
      )
    }
    for (const refresh_token of [out.refreshToken, on.refreshToken, later.refresh_token]) {
      expect(said(await after('POST', '/auth/refresh', { refresh_token }))).toBe(
        '401 invalid_refresh_token',
      )
    }
    // Signing in brings nobody's older session back.
    expect((await postSignIn(after, out)).status).toBe(200)
    const object = env.USER_SESSIONS.getByName(out.subject)
    const device = { ip: null, country: null, userAgent: null }
    expect(await object.check(out.sessionId, device)).toEqual({ isLive: false })
  })

  test('mailed links are dead: those of the undone time, and those that were used in it', async () => {
    const [used, asked] = [await makeUser(), await makeUser()]
    await before('POST', '/auth/forgot-password', { email: used.email })
    const usedToken = await mailedToken(used.email, '/reset-password')
    await keep('then')
    const reset = { token: usedToken, new_password: NEW_PASSWORD }
    expect((await before('POST', '/auth/reset-password', reset)).status).toBe(200)
    await before('POST', '/auth/forgot-password', { email: asked.email })
    const askedToken = await mailedToken(asked.email, '/reset-password')
    const after = await followRunbook()
    // It stood in D1 again; and if it still did, its key is not listed any more.
    expect(await rowsOf('SELECT 1 FROM one_time_tokens')).toEqual([])
    for (const token of [usedToken, askedToken]) {
      const reply = await after('POST', '/auth/reset-password', {
        token,
        new_password: 'Third-Horses-9',
      })
      expect(said(reply)).toBe('400 invalid_token')
    }
    expect((await postSignIn(after, used)).status).toBe(200)
  })

  test('an erased person stays out, and is erased again by the same call', async () => {
    const gone = await makeUser({ fullName: 'Gone Person' })
    await postSignIn(before, gone)
    await keep('then')
    expect((await byAdmin('DELETE', `/admin/users/${gone.id}`)).status).toBe(202)
    const after = await followRunbook()
    expect(await rowOf(gone.id)).not.toBeNull()
    expect(said(await postSignIn(after, gone))).toBe('401 account_not_active')
    const admin = await adminOn(after)
    expect((await admin('DELETE', `/admin/users/${gone.id}`)).status).toBe(202)
    expect(await rowOf(gone.id)).toBeNull()
    expect(said(await postSignIn(after, gone))).toBe('401 invalid_credentials')
  })

  test.each(['signed in', 'away'])(
    'a later deactivation takes hold, of somebody %s since',
    async (where) => {
      const bob = await member()
      await keep('then')
      // The user’s object gets far ahead of what D1 will say.
      for (const is_active of [false, true, false, true]) {
        const reply = await byAdmin('PUT', `/admin/users/${bob.id}/status`, { is_active })
        expect(reply.status, JSON.stringify(reply.body)).toBe(200)
      }
      const undone = (await postSignIn(before, bob)).body.access_token
      const after = await followRunbook()
      const token = where === 'away' ? undone : (await postSignIn(after, bob)).body.access_token
      const session = () => after('GET', '/auth/session', undefined, token)
      if (where !== 'away') expect((await session()).status).toBe(200)
      const admin = await adminOn(after)
      const off = await admin('PUT', `/admin/users/${bob.id}/status`, { is_active: false })
      expect(off.status).toBe(200)
      expect(said(await session())).toBe('401 invalid_access_token')
      expect(said(await postSignIn(after, bob))).toBe('401 account_not_active')
    },
  )

  test('D1 says what is: an undone deactivation and an undone password hold no more', async () => {
    const [off, changed] = [await member(), await member()]
    await keep('then')
    await byAdmin('PUT', `/admin/users/${off.id}/status`, { is_active: false })
    const passwords = { current_password: PASSWORD, new_password: NEW_PASSWORD }
    expect((await before('POST', '/users/change-password', passwords, changed.token)).status).toBe(
      200,
    )
    const after = await followRunbook()
    expect((await postSignIn(after, off)).status).toBe(200)
    expect(said(await postSignIn(after, changed, NEW_PASSWORD))).toBe('401 invalid_credentials')
    const again = await postSignIn(after, changed)
    expect((await after('GET', '/auth/session', undefined, again.body.access_token)).status).toBe(
      200,
    )
  })
})

test('the runbook shows the statements that it has run', () => {
  const [, shown] = /```sql\n([^]*?)```/.exec(runbook) ?? []
  const [, own] = /\n\n([^]*)$/.exec(afterRestore) ?? []
  expect(shown).toBe(own)
  expect(runbook).toContain('--file scripts/after-restore.sql')
})

describe('what was handed out, spent or taken in the undone time', () => {
  test('ids of users and of roles are not handed out twice', async () => {
    await keep('then')
    const [eve, role] = [await member(), await byAdmin('POST', '/admin/roles', { name: 'undone' })]
    const after = await followRunbook()
    const email = freshEmail()
    const account = { email, password: PASSWORD, full_name: 'Second Comer' }
    const made = await after('POST', '/auth/register', account)
    expect(made.body.id).toBeGreaterThan(eve.id + 900_000)
    const admin = await adminOn(after)
    const again = await admin('POST', '/admin/roles', { name: 'other' })
    expect([role.status, again.status]).toEqual([201, 201])
    const [row] = await rowsOf<{ id: number }>("SELECT id FROM roles WHERE name = 'other'")
    expect(row?.id).toBeGreaterThan(900_000)
  })

  test('recovery codes that were spent, or replaced, do not work again; new ones do', async () => {
    const ada = await userWithSecondFactor()
    await keep('then')
    const spend = async (ask: Ask, recovery_code: string | undefined) => {
      const { challenge_token } = (await postSignIn(ask, ada)).body
      return ask('POST', '/auth/2fa/verify', { challenge_token, recovery_code })
    }
    expect((await spend(before, ada.recoveryCodes[0])).status).toBe(200)
    const after = await followRunbook()
    for (const code of ada.recoveryCodes.slice(0, 2)) {
      expect(said(await spend(after, code))).toBe('401 invalid_2fa_code')
    }
    const { challenge_token } = (await postSignIn(after, ada)).body
    const proof = { challenge_token, code: await freshCode(ada) }
    const { access_token } = (await after('POST', '/auth/2fa/verify', proof)).body
    const status = await after('GET', '/users/2fa', undefined, access_token)
    expect(status.body.recovery_codes_left).toBe(0)
    const renewal = { password: PASSWORD, code: await freshCode(ada) }
    const renewed = await after('POST', '/users/2fa/recovery-codes', renewal, access_token)
    expect((await spend(after, renewed.body.recovery_codes[0])).status).toBe(200)
  })

  test('revoked keys stay revoked, and endpoints that were deleted are told of nothing', async () => {
    const key = await byAdmin('POST', '/admin/api-keys', {
      name: 'Billing',
      permissions: ['read:all', 'admin:users'],
      password: PASSWORD,
    })
    const hook = { url: 'http://127.0.0.1:9/hook', events: null, password: PASSWORD }
    const { id } = (await byAdmin('POST', '/admin/webhooks', hook)).body
    await keep('then')
    await byAdmin('DELETE', `/admin/api-keys/${key.body.id}`)
    await byAdmin('DELETE', `/admin/webhooks/${id}`)
    const after = await followRunbook()
    const asked = await after('GET', '/admin/users', undefined, key.body.token)
    expect(said(asked)).toBe('401 invalid_access_token')
    const admin = await adminOn(after)
    const shown = await admin('GET', `/admin/webhooks/${id}`)
    expect(shown.body).toMatchObject({ enabled: false, disabled_reason: 'by_admin' })
    expect(await rowsOf("SELECT 1 FROM outbox WHERE kind = 'webhook'")).toEqual([])
  })

  test('the RS256 pair that apps remember goes on signing, and the ES256 pair does not', async () => {
    const kids = async () => {
      // Makes the keys that are missing.
      const keys = await publishedKeys(depsFor({ env: { ...env } }))
      return new Map<string, string>(keys.map((key: JWK) => [key.alg ?? '', key.kid ?? '']))
    }
    const then = await kids()
    await keep('then')
    await followRunbook()
    const now = await kids()
    expect(now.get('RS256')).toBe(then.get('RS256'))
    expect(now.get('ES256')).not.toBe(then.get('ES256'))
  })

  test('no email that was pending then is sent a second time', async () => {
    const ada = await makeUser()
    await rowsOf(
      `INSERT INTO outbox (id, kind, subject, payload, next_attempt_at, created_at)
       VALUES (?, 'mail', ?, '{"mail":"two-factor-on"}', 9e15, 1)`,
      randomId(),
      ada.subject,
    )
    await keep('then')
    await followRunbook()
    expect(await rowsOf("SELECT 1 FROM outbox WHERE kind = 'mail'")).toEqual([])
  })

  test('counters are what the tables say', async () => {
    await member()
    await keep('then')
    await member()
    await followRunbook()
    const [row] = await rowsOf<{ value: number; n: number }>(
      "SELECT value, (SELECT count(*) FROM user_sessions) AS n FROM counters WHERE name = 'sessions'",
    )
    expect(row).toEqual({ value: 0, n: 0 })
  })
})

describe('somebody who registers after the restore', () => {
  /**
   * Two people with one number: who came in the undone time, and who came after it. It takes a
   * runbook that was not followed: the sequence of ids is set back once more.
   */
  async function twoOfOneNumber(roles: string[] = []) {
    await keep('then')
    const warm = before
    const eve = await member(roles)
    expect((await warm('GET', '/auth/session', undefined, eve.token)).status).toBe(200)
    const after = await followRunbook()
    await rowsOf("UPDATE sqlite_sequence SET seq = ? WHERE name = 'users'", eve.id - 1)
    const email = freshEmail()
    const made = await after('POST', '/auth/register', {
      email,
      password: PASSWORD,
      full_name: 'Second Comer',
    })
    expect(made.body.id).toBe(eve.id)
    await env.DB.prepare('UPDATE users SET email_verified_at = 1 WHERE id = ?').bind(eve.id).run()
    const second = (await postSignIn(after, { email })).body
    return { eve, warm, after, email, second }
  }

  test('may get the id of a user who registered in the undone time, and gets nothing else of theirs', async () => {
    const { eve, after, email, second } = await twoOfOneNumber()
    expect(said(await after('GET', '/auth/session', undefined, eve.token))).toBe(
      '401 invalid_access_token',
    )
    expect(said(await postSignIn(after, eve))).toBe('401 invalid_credentials')
    const refreshed = await after('POST', '/auth/refresh', { refresh_token: eve.refreshToken })
    expect(said(refreshed)).toBe('401 invalid_refresh_token')
    const { body: list } = await after('GET', '/users/sessions', undefined, second.access_token)
    expect(list.items.map(({ id }: { id: string }) => id)).toEqual([second.session_id])
    const { body: profile } = await after('GET', '/users/profile', undefined, second.access_token)
    expect([profile.id, profile.email]).toEqual([eve.id, email])
    const { body: activity } = await after('GET', '/users/activity', undefined, second.access_token)
    expect(JSON.stringify(activity)).not.toContain(eve.sessionId)
  })

  test('loses nothing to an isolate that still remembers the older key', async () => {
    const { eve, warm, email } = await twoOfOneNumber(['admin'])
    const was = await rowOf(eve.id)
    const write = await warm(
      'PATCH',
      '/users/profile',
      { full_name: 'Not Yours', preferences: { a: 1 } },
      eve.token,
    )
    expect(said(write)).toBe('401 invalid_access_token')
    const writes: [string, string, unknown][] = [
      [
        'POST',
        '/users/change-password',
        { current_password: PASSWORD, new_password: NEW_PASSWORD },
      ],
      ['DELETE', '/users/account', { password: PASSWORD }],
      ['POST', '/users/change-email', { password: PASSWORD, new_email: freshEmail() }],
      ['POST', '/users/2fa/setup', { password: PASSWORD }],
      ['PATCH', `/admin/users/${eve.id}`, { full_name: 'Not Yours' }],
      ['POST', '/admin/roles', { name: 'stolen', permissions: ['read:all'] }],
    ]
    for (const [method, path, body] of writes) {
      const reply = await warm(method, path, body, eve.token)
      expect(
        reply.status,
        `${method} ${path} ${JSON.stringify(reply.body)}`,
      ).toBeGreaterThanOrEqual(400)
      expect(reply.status).toBeLessThan(500)
    }
    expect(await rowOf(eve.id)).toEqual(was)
    for (const path of ['/users/profile', '/users/account/export']) {
      expect(JSON.stringify((await warm('GET', path, undefined, eve.token)).body)).not.toContain(
        email,
      )
    }
    // What Eve looks at is not logged as an act of the user who now has Eve's id.
    await warm('GET', `/admin/users/${root.id}`, undefined, eve.token)
    const views = await env.DB.prepare(
      "SELECT actor_id FROM audit_log WHERE event = 'admin.user_viewed' AND target_id = ?",
    )
      .bind(root.id)
      .all()
    expect(views.results).not.toContainEqual({ actor_id: eve.id })
  })
})

/** Of what these record, nothing is left to do after D1 was set back. */
const NOTHING_TO_DO = [
  'auth.device_trusted',
  'auth.device_trust_ended',
  'auth.passkey_copied',
  'auth.stepped_up',
  'user.verification_resent',
  'user.profile_updated',
  'user.active',
  'user.password_reset_requested',
  'user.email_change_requested',
  'user.email_change_declined',
  'user.sessions_revoked',
  'user.exported',
  'admin.user_viewed',
  'admin.sessions_viewed',
  'admin.sessions_revoked',
  'admin.verification_resent',
  'admin.password_reset_sent',
  'admin.user_unlocked',
  'admin.users_exported',
  'admin.user_activity_viewed',
  'admin.audit_exported',
  'admin.outbox_retried',
  'webhook.test',
  'webhook.redelivered',
  'app.sessions_revoked',
  // Kept by the users' objects, which do not go back.
  'app.consented',
  'app.signed_in',
  'app.signed_out',
  'app.disconnected',
  'app.code_replayed',
  'app.refresh_reused',
  'two_factor.setup_started',
  'two_factor.recovery_codes_renewed',
  'two_factor.recovery_code_used',
  'auth.signed_in',
  'auth.second_factor_failed',
  'auth.sign_in_failed',
  'auth.sessions_ended',
  'auth.refresh_reused',
]

test('the runbook says of every event whether it must be done again', () => {
  const [, table = ''] =
    /Do again what the list of step 1 names([^]*?)The other events need nothing/.exec(runbook) ?? []
  const named = [...table.matchAll(/`([a-z_]+\.[a-z_]+)`/g)].map(([, name = '']) => name)
  const known = named.filter((name) => name in EVENTS)
  expect([...known, ...NOTHING_TO_DO].sort()).toEqual(Object.keys(EVENTS).sort())
})

test('apps keep their users and the keys of ID tokens, and those that act by a secret alone are off', async () => {
  const [web, machine] = [await makeApp(), await makeApp({ kind: 'machine' })]
  await rowsOf("UPDATE apps SET previous_secret_hash = 'old', previous_secret_until = 4e12")
  await rowsOf(
    `INSERT INTO signing_keys SELECT 'of-id-tokens', public_jwk, private_key, created_at, signs_from, signs_until, published_until, 'RS256'
     FROM signing_keys LIMIT 1`,
  )
  const salts = await rowsOf('SELECT id, salt FROM sectors')
  expect(salts.length).toBeGreaterThan(0)
  await keep('then')
  await followRunbook()
  expect(await rowsOf('SELECT id, salt FROM sectors')).toEqual(salts)
  const keys = await rowsOf<{ kid: string; alg: string }>('SELECT kid, alg FROM signing_keys')
  expect(keys.map(({ kid }) => kid)).toContain('of-id-tokens')
  expect(new Set(keys.map(({ alg }) => alg))).toEqual(new Set(['RS256']))
  const found = await rowsOf(
    'SELECT client_id, disabled_at IS NULL AS live, previous_secret_hash AS old FROM apps',
  )
  expect(found).toContainEqual({ client_id: web.clientId, live: 1, old: null })
  expect(found).toContainEqual({ client_id: machine.clientId, live: 0, old: null })
})
