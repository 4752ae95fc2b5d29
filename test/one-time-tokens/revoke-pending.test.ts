/** Whatever revokes credentials also cancels what is pending under them. */
import { env, exports } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import type { GatehouseBinding } from '../../src/rpc/rpc-types'
import { syncAccountState } from '../../src/sessions/account-state'
import { sessionsOf } from '../../src/sessions/object-stub'
import { rowsOf } from '../db/rows'
import { Visitor } from '../pages/visitor'
import { call, type Reply, said } from '../support/api'
import { MINUTE, pass, stopClock } from '../support/clock'
import {
  changePassword,
  changeToken,
  verifyChange,
  INVALID_TOKEN,
  reset,
  resetToken,
  sendAll,
} from '../support/credentials'
import { depsFor } from '../support/deps'
import { mailsTo } from '../support/mailbox'
import {
  challengeOf,
  disable,
  enable,
  freshCode,
  ok,
  setUp,
  type UserWithSecondFactor,
  userWithSecondFactor,
  verify,
} from '../support/second-factor'
import { under } from '../support/under'
import { freshEmail, PASSWORD, signedInUser, type SignedInUser, staff } from '../support/users'
import { postSignIn, session } from '../support/users-by-api'
import { wrapEnv } from '../support/wrapped-env'

stopClock()

let root: SignedInUser
beforeAll(async () => {
  root = await staff('admin')
})

const revokeOthers = ({ token }: { token: string }, path = ''): Promise<Reply> =>
  call('DELETE', `/api/v1/users/sessions${path}`, undefined, { token })
const another = async (who: SignedInUser) => ok(await postSignIn(who)).body.access_token as string
const bound = () =>
  (exports as unknown as { Gatehouse: (options: object) => GatehouseBinding }).Gatehouse({
    props: { app: 'notes' },
  })

/** Every way to revoke all sessions of a user without a new password. */
const REVOCATIONS: Record<string, (who: SignedInUser) => Promise<unknown>> = {
  'signing out everywhere else': async (who) => ok(await revokeOthers(who)),
  'signing out everywhere else, on the page': async (who) => {
    const visitor = new Visitor()
    const { email, password } = who
    const into = await visitor.post('/sign-in', { email, password })
    if (into.to?.startsWith('/sign-in/second-factor')) {
      const { secret } = who as UserWithSecondFactor
      await visitor.post('/sign-in/second-factor', { code: await freshCode({ secret }) })
    }
    expect((await visitor.post('/account/sessions/end-others')).to).toBe('/account/sessions')
  },
  'an admin’s revocation of all sessions': async ({ id }) =>
    ok(await root.asks('DELETE', `/admin/users/${id}/sessions`)),
  'an application’s revocation of all sessions': async ({ id }) =>
    expect(await bound().revokeSessions(id)).toEqual({ ok: true }),
}
const DEMAND = async ({ id }: SignedInUser) =>
  ok(await root.asks('POST', `/admin/users/${id}/require-password-change`))

describe.each(Object.entries(REVOCATIONS))('after %s', (_, revoke) => {
  it('a wanted change of address is over, also one that was asked for again', async () => {
    const ada = await signedInUser()
    const address = freshEmail()
    const token = await changeToken(ada, address)
    await revoke(ada)
    expect(said(await verifyChange(token))).toBe(INVALID_TOKEN)
    const who = { ...ada, token: await another(ada) }
    expect(said(await verifyChange(await changeToken(who, address)))).toBe('200')
  })

  it('a second factor that was being set up is not turned on', async () => {
    const ada = await signedInUser()
    const { secret } = ok(await setUp(ada)).body
    await revoke(ada)
    const who = { token: await another(ada) }
    expect(said(await enable(who, await freshCode({ secret })))).toBe('409 no_pending_setup')
  })

  it('a sign-in that waited for its second step has to begin again', async () => {
    const ada = await userWithSecondFactor()
    const challenge = await challengeOf(ada)
    await revoke(ada)
    const late = await verify(challenge, { recovery_code: ada.recoveryCodes[0] })
    expect(said(late)).toBe('401 invalid_challenge')
    const again = await verify(await challengeOf(ada), { code: await freshCode(ada) })
    expect(again.status).toBe(200)
  })

  it('a reset that was mailed still works, whoever revoked the sessions, because the owner needs it', async () => {
    const ada = await signedInUser()
    const token = await resetToken(ada.email)
    await revoke(ada)
    expect(said(await reset(token))).toBe('200')
  })
})

describe('a wanted change of address', () => {
  it('is cancelled when the second factor is turned on', async () => {
    const ada = await signedInUser()
    const token = await changeToken(ada, freshEmail())
    const { secret } = ok(await setUp(ada)).body
    ok(await enable(ada, await freshCode({ secret })))
    expect(said(await verifyChange(token, { by: ada.token }))).toBe(INVALID_TOKEN)
  })

  it('is cancelled when it is turned off', async () => {
    const ada = await userWithSecondFactor()
    const token = await changeToken(ada, freshEmail(), { code: await freshCode(ada) })
    ok(await disable(ada, { code: await freshCode(ada) }))
    expect(said(await verifyChange(token, { by: ada.token }))).toBe(INVALID_TOKEN)
  })

  it('and the setup of a second factor are cancelled when an admin requires a new password', async () => {
    const ada = await signedInUser()
    const token = await changeToken(ada, freshEmail())
    ok(await setUp(ada))
    await DEMAND(ada)
    expect(said(await verifyChange(token))).toBe(INVALID_TOKEN)
    const pending = 'two_factor_pending_secret, two_factor_pending_until'
    const [row] = await rowsOf(`SELECT ${pending} FROM users WHERE id = ?`, ada.id)
    expect(row).toEqual({ two_factor_pending_secret: null, two_factor_pending_until: null })
  })

  it('survives new recovery codes and the revocation of one session', async () => {
    const ada = await userWithSecondFactor()
    const token = await changeToken(ada, freshEmail(), { code: await freshCode(ada) })
    const renewal = { password: PASSWORD, code: await freshCode(ada) }
    ok(await call('POST', '/api/v1/users/2fa/recovery-codes', renewal, ada))
    const other = ok(await verify(await challengeOf(ada), { code: await freshCode(ada) })).body
    ok(await revokeOthers(ada, `/${other.session_id}`))
    expect(said(await verifyChange(token))).toBe('200')
  })

  it('is not mailed once it has been cancelled', async () => {
    const ada = await signedInUser()
    const address = freshEmail()
    const OUTBOX_QUEUE = { sendBatch: async () => undefined }
    const body = { password: PASSWORD, new_email: address }
    ok(await under({ OUTBOX_QUEUE }).post('/api/v1/users/change-email', body, ada.token))
    ok(await revokeOthers(ada))
    await sendAll()
    expect(mailsTo(address)).toEqual([])
  })

  it.each([
    ['signing out everywhere', async (who: SignedInUser) => ok(await revokeOthers(who))],
    ['a demand for a new password', DEMAND],
  ])('is not begun when %s overtakes the request', async (_, overtake) => {
    const ada = await signedInUser()
    let isDone = false
    const overtaken = under({
      ...wrapEnv(env, async ({ name }, go) => {
        if (name === 'DB.batch' && !isDone) {
          isDone = true
          await overtake(ada)
        }
        return go()
      }),
    })
    const body = { password: PASSWORD, new_email: freshEmail() }
    const late = await overtaken.post('/api/v1/users/change-email', body, ada.token)
    expect(said(late)).toBe('400 incorrect_password')
    expect(await rowsOf('SELECT 1 FROM one_time_tokens WHERE user_id = ?', ada.id)).toEqual([])
  })
})

describe('signing out everywhere else', () => {
  const isLive = async (token: string) => (await session(token)).status === 200

  it('keeps the session that asks, twenty times at once or one after the other', async () => {
    const ada = await signedInUser()
    const other = await another(ada)
    const replies = await Promise.all(Array.from({ length: 20 }, () => revokeOthers(ada)))
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([204]))
    expect((await revokeOthers(ada)).status).toBe(204)
    expect([await isLive(ada.token), await isLive(other)]).toEqual([true, false])
  })

  it('by two sessions at once leaves no session that either revoked', async () => {
    for (let round = 0; round < 5; round++) {
      const ada = await signedInUser()
      const others = { token: await another(ada) }
      const third = await another(ada)
      const replies = await Promise.all([revokeOthers(ada), revokeOthers(others)])
      for (const { status } of replies) expect([204, 401]).toContain(status)
      const live = [await isLive(ada.token), await isLive(others.token), await isLive(third)]
      expect(live[2]).toBe(false)
      const won = replies.filter(({ status }) => status === 204).length
      expect(live.filter(Boolean).length).toBeLessThanOrEqual(won === 2 ? 0 : 1)
    }
  })

  it('does not keep a session that a concurrent change of password revokes', async () => {
    for (let round = 0; round < 5; round++) {
      const ada = await signedInUser()
      const [ended, changed] = await Promise.all([revokeOthers(ada), changePassword(ada)])
      expect([204, 401]).toContain(ended.status)
      if (changed.status === 200) expect(await isLive(ada.token)).toBe(false)
      else expect(said(changed)).toBe('400 incorrect_password')
    }
  })

  it('keeps it when another change tells the object first', async () => {
    const ada = await signedInUser()
    const { subject } = (await rowsOf('SELECT subject FROM users WHERE id = ?', ada.id))[0] ?? {}
    let isDone = false
    const overtaken = under({
      ...wrapEnv(env, async ({ name }, go) => {
        if (name === 'USER_SESSIONS.revokeSessions' && !isDone) {
          isDone = true
          await syncAccountState(depsFor(), String(subject))
        }
        return go()
      }),
    })
    const reply = await overtaken.del('/api/v1/users/sessions', ada.token)
    expect(reply.status).toBe(204)
    expect(await isLive(ada.token)).toBe(true)
  })

  it('or turning the second factor on: that session is kept too when another tells first', async () => {
    const ada = await signedInUser()
    const [row] = await rowsOf('SELECT subject FROM users WHERE id = ?', ada.id)
    const { secret } = ok(await setUp(ada)).body
    let isDone = false
    const overtaken = under({
      ...wrapEnv(env, async ({ name }, go) => {
        if (name === 'USER_SESSIONS.syncAccountState' && !isDone) {
          isDone = true
          await syncAccountState(depsFor(), String(row?.['subject']))
        }
        return go()
      }),
    })
    const code = await freshCode({ secret })
    ok(await overtaken.post('/api/v1/users/2fa/enable', { code }, ada.token))
    expect(await isLive(ada.token)).toBe(true)
  })

  it('answers effect_pending if the object is unreachable; the outbox then revokes all but the caller’s session', async () => {
    const ada = await signedInUser()
    const other = await another(ada)
    const token = await changeToken(ada, freshEmail())
    const broken = wrapEnv(env, async ({ name }, go) => {
      if (/^USER_SESSIONS\.(revoke|sync)/.test(name)) throw new Error('Network connection lost.')
      return go()
    })
    const reply = await under({ ...broken }).del('/api/v1/users/sessions', ada.token)
    expect(said(reply)).toBe('503 effect_pending')
    expect(said(await verifyChange(token))).toBe(INVALID_TOKEN)
    pass(MINUTE)
    await sendAll()
    expect([await isLive(ada.token), await isLive(other)]).toEqual([true, false])
    const deps = depsFor()
    const [row] = await rowsOf<{ subject: string }>(
      'SELECT subject FROM users WHERE id = ?',
      ada.id,
    )
    expect(await sessionsOf(deps, row?.subject ?? '').listSessions()).toHaveLength(1)
  })
})
