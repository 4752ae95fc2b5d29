/**
 * The same journey with a free and with a taken address, compared field by field: answers, one's own
 * export and activity, user ids, counters, mails and the calls that each costs.
 */
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { admit } from '../../src/access/guard'
import { outboxHandlers } from '../../src/background/outbox-handlers'
import { requestEmailChange } from '../../src/email-change/request-email-change'
import { sweepOutbox } from '../../src/outbox/sweep'
import { requireSession } from '../../src/sessions/require-session'
import { parseEmailAddress } from '../../src/users/email-address'
import { rowsOf } from '../db/rows'
import { call, type Reply } from '../support/api'
import { stopClock } from '../support/clock'
import { comparable } from '../support/comparable'
import { changeEmail, deactivate, moveTo, sendAll } from '../support/credentials'
import { depsFor } from '../support/deps'
import { mailsTo } from '../support/mailbox'
import { under } from '../support/under'
import { freshEmail, makeUser, PASSWORD, signedInUser, type SignedInUser } from '../support/users'
import { postSignIn, registerByApi } from '../support/users-by-api'
import { recordingEnv, wrapEnv } from '../support/wrapped-env'

stopClock()
beforeEach(sendAll)

const HIDDEN = { HIDE_ACCOUNT_EXISTENCE: 'true' }

/** An address of each sort, and what there is of it. */
async function addresses() {
  const [active, pending, gone] = [await makeUser(), await registerByApi(), await makeUser()]
  await deactivate(gone.id)
  const mover = await signedInUser()
  await moveTo(mover, mover.email, freshEmail())
  await sendAll()
  return {
    free: freshEmail(),
    active: active.email,
    pending: pending.email,
    deactivated: gone.email,
    reserved: mover.email,
  }
}

const read = (who: SignedInUser, path: string) => call('GET', path, undefined, { token: who.token })

/** An answer without what is random or one's own by nature. */
const plain = (reply: Reply, who: SignedInUser, wanted: string): unknown => {
  const subject = who.sessionId.split('.')[0] ?? ''
  const text = JSON.stringify(comparable(reply))
    .replaceAll(wanted, '<wanted>')
    .replaceAll(who.email, '<own>')
    .replaceAll(who.sessionId, '<sid>')
    .replaceAll(subject, '<subject>')
    .replaceAll(/"id":"[^"]+"/g, '"id":"<id>"')
    .replaceAll(/"(id|actor_id|target_id)":\d+/g, '"$1":0')
    .replaceAll(/"etag","[^"]+"|\["content-length","\d+"\]/g, '""')
    .replaceAll(/\d+\.\d+\.\d+\.\d+/g, '<ip>')
  // Events of one millisecond have no order among themselves.
  return JSON.parse(text, (_, value: unknown) =>
    Array.isArray(value) && value.some((each) => typeof each === 'object' && each !== null)
      ? value.map((each) => JSON.stringify(each)).toSorted()
      : value,
  )
}

/** Everything that the one who asks can look at afterwards. */
async function looksOf(who: SignedInUser, wanted: string) {
  const looks: Record<string, unknown> = {}
  for (const path of ['export', 'profile', 'activity', 'sessions', '2fa', 'permissions']) {
    looks[path] = plain(await read(who, `/api/v1/users/${path}`), who, wanted)
  }
  return looks
}

describe('asking for a change of address', () => {
  it('is answered and recorded alike for a free and a taken address', async () => {
    const worlds: Record<string, unknown> = {}
    for (const [sort, address] of Object.entries(await addresses())) {
      const who = await signedInUser()
      const asked = plain(await changeEmail(who, address), who, address)
      await sendAll()
      worlds[sort] = {
        asked,
        looks: await looksOf(who, address),
        tokens: await rowsOf(
          `SELECT purpose, length(hash) AS hash, email = ? AS is_wanted, reserved_key, key_id,
            created_at, expires_at FROM one_time_tokens WHERE user_id = ?`,
          address,
          who.id,
        ),
        pending: await rowsOf("SELECT kind FROM outbox WHERE kind = 'mail'"),
        log: await rowsOf(
          'SELECT event, data FROM audit_log WHERE target_id = ? ORDER BY event',
          who.id,
        ),
        mailsToOneself: mailsTo(who.email).length,
      }
    }
    for (const world of Object.values(worlds)) expect(world).toEqual(worlds['free'])
    expect(JSON.stringify(worlds['active'])).toContain('confirm_email_change')
    expect(JSON.stringify(worlds['active'])).toContain('<wanted>')
  })

  it('shows nothing in the export while the mail cannot be sent', async () => {
    const worlds: unknown[] = []
    const { free, active } = await addresses()
    for (const address of [free, active]) {
      const who = await signedInUser()
      const OUTBOX_QUEUE = { sendBatch: async () => undefined }
      const body = { password: PASSWORD, new_email: address }
      await under({ OUTBOX_QUEUE }).post('/api/v1/users/change-email', body, who.token)
      const before = plain(await read(who, '/api/v1/users/export'), who, address)
      const broken = wrapEnv(env, async ({ name }, go) => {
        if (name === 'EMAIL.send') throw new Error('the provider is down')
        return go()
      })
      await sweepOutbox(depsFor({ env: broken }), outboxHandlers)
      worlds.push([before, plain(await read(who, '/api/v1/users/export'), who, address)])
    }
    expect(worlds[1]).toEqual(worlds[0])
  })

  it('costs the same calls', async () => {
    const costs: string[][] = []
    for (const typed of Object.values(await addresses())) {
      const who = await signedInUser()
      const newEmail = parseEmailAddress(typed)
      if (!newEmail) throw new Error(typed)
      const { env: recorded, calls } = recordingEnv(env)
      const deps = depsFor({ env: recorded })
      const principal = await admit(deps, 'session', await requireSession(deps, who.token))
      calls.length = 0
      await requestEmailChange(deps, principal, { newEmail, proof: { password: PASSWORD } })
      costs.push(calls)
    }
    for (const cost of costs) expect(cost).toEqual(costs[0])
  })

  it('for a taken address stays without effect when the address becomes free', async () => {
    const { active } = await addresses()
    const who = await signedInUser()
    await changeEmail(who, active)
    await env.DB.prepare('DELETE FROM users WHERE email = ?').bind(active).run()
    const before = mailsTo(active).length
    await sendAll()
    expect(mailsTo(active)).toHaveLength(before)
    expect((await read(who, '/api/v1/users/profile')).body.email).toBe(who.email)
  })
})

describe('registering where existence is hidden', () => {
  it('uses up one user id for every address', async () => {
    const hidden = under(HIDDEN)
    const register = (email: string) =>
      hidden.post('/api/v1/auth/register', { email, password: PASSWORD, full_name: 'Eve Other' })
    const ownId = async () => {
      const email = freshEmail()
      await register(email)
      const [row] = await rowsOf('SELECT id FROM users WHERE email = ?', email)
      return Number(row?.['id'])
    }
    const steps: Record<string, number> = {}
    for (const [sort, email] of Object.entries(await addresses())) {
      const first = await ownId()
      await register(email)
      steps[sort] = (await ownId()) - first
    }
    expect(steps).toEqual({ free: 2, active: 2, pending: 2, deactivated: 2, reserved: 2 })
  })

  it('leaves the ids consecutive where existence is told by the answer', async () => {
    const { active } = await addresses()
    const first = await registerByApi()
    await call('POST', '/api/v1/auth/register', {
      email: active,
      password: PASSWORD,
      full_name: 'Eve Other',
    })
    expect((await registerByApi()).id - first.id).toBe(1)
  })
})

describe('asking for a mail without signing in', () => {
  it.each(['forgot-password', 'resend-verification'])(
    '%s counts one request whatever the address',
    async (route) => {
      const purpose = route === 'forgot-password' ? 'reset_password' : 'verify_email'
      const count = async () =>
        Number(
          (
            await rowsOf(
              'SELECT coalesce(sum(requests), 0) AS n FROM mail_requests WHERE purpose = ?',
              purpose,
            )
          )[0]?.['n'],
        )
      const steps: number[] = []
      const answers: unknown[] = []
      for (const email of Object.values(await addresses())) {
        const before = await count()
        answers.push(comparable(await call('POST', `/api/v1/auth/${route}`, { email })))
        steps.push((await count()) - before)
      }
      expect(new Set(steps)).toEqual(new Set([1]))
      for (const answer of answers) expect(answer).toEqual(answers[0])
    },
  )
})

describe('by default', () => {
  it('registration alone says that an address is taken; a wrong password is one answer for all', async () => {
    const { free, ...taken } = await addresses()
    const body = { password: PASSWORD, full_name: 'Eve Other' }
    for (const email of Object.values(taken)) {
      const reply = await call('POST', '/api/v1/auth/register', { ...body, email })
      expect([reply.status, reply.body.code]).toEqual([409, 'email_taken'])
    }
    const wrong: unknown[] = []
    for (const email of [free, ...Object.values(taken)]) {
      wrong.push(comparable(await postSignIn({ id: 0, email, password: 'Wrong-Horse-7' })))
    }
    for (const answer of wrong) expect(answer).toEqual(wrong[0])
    expect(wrong[0]).toMatchObject({ status: 401, body: { code: 'invalid_credentials' } })
    // Only whoever knows the password of an account learns that it is not active.
    for (const email of [taken.pending, taken.deactivated]) {
      const reply = await postSignIn({ id: 0, email, password: PASSWORD })
      expect([reply.status, reply.body.code]).toEqual([401, 'account_not_active'])
    }
  })
})
