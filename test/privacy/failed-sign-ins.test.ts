/** After an erasure no failed sign-in at the address tells from where it came. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { addressHmac } from '../../src/audit/address-hmac'
import { FAILURES_A_BATCH } from '../../src/audit/blank'
import { outboxHandlers } from '../../src/background/outbox-handlers'
import { loadConfig } from '../../src/config'
import { sweepOutbox } from '../../src/outbox/sweep'
import { purgeUnverified } from '../../src/registration/purge-unverified'
import { logged } from '../audit/log'
import { rowsOf } from '../db/rows'
import { call, post } from '../support/api'
import { depsFor } from '../support/deps'
import { mailTo, tokenIn } from '../support/mailbox'
import { loseWakeUps } from '../support/outbox'
import { freshEmail, makeUser, PASSWORD, type SignedInUser, signIn, staff } from '../support/users'
import { registerByApi } from '../support/users-by-api'
import { fetchWith } from '../support/worker'

const config = loadConfig(env)
let root: SignedInUser
beforeAll(async () => {
  loseWakeUps()
  root = await staff('admin')
})

async function failedAt(email: string, at = Date.now() - 1000) {
  const data = JSON.stringify({ address: await addressHmac(config, email), reason: 'x' })
  await logged('auth.sign_in_failed', at, { data, user_agent: 'Traced/1.0' })
  await env.DB.prepare('INSERT INTO parked_events VALUES (?, ?, 0)')
    .bind(crypto.randomUUID(), JSON.stringify({ subject: null, ip: '::1', data: JSON.parse(data) }))
    .run()
}

/** What is left of the failures at an address: how many, how many with traces, how many parked. */
async function leftOf(email: string) {
  const hmac = await addressHmac(config, email)
  const [row] = await rowsOf(
    `SELECT count(*) AS failures, count(coalesce(ip, country, user_agent)) AS traced,
      (SELECT count(*) FROM parked_events WHERE instr(message, ?1) > 0) AS parked
     FROM audit_log WHERE event = 'auth.sign_in_failed' AND data ->> 'address' = ?1`,
    hmac,
  )
  return row
}

interface Moving {
  readonly id: number
  readonly email: string
  readonly next: string
}

async function asks(method: string, path: string, body?: unknown) {
  expect((await root.asks(method, path, body)).status, path).toBeLessThan(300)
}

async function wish({ id, email, next }: Moving) {
  const who = await signIn({ id, email } as Parameters<typeof signIn>[0])
  const change = { password: PASSWORD, new_email: next }
  expect((await who.asks('POST', '/users/change-email', change)).status).toBe(202)
  await sweepOutbox(depsFor(), outboxHandlers)
}

async function move(who: Moving, changes: Record<string, unknown> = {}) {
  await wish(who)
  const token = tokenIn(await mailTo(who.next), '/confirm-email-change')
  const reply = await fetchWith(changes, '/api/v1/auth/confirm-email-change', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token, password: PASSWORD }),
  })
  expect(reply.status).toBe(200)
}

const formerOf = (id: number) =>
  rowsOf<{ id: string; address: string }>('SELECT * FROM former_addresses WHERE user_id = ?', id)

const blank = { failures: 1, traced: 0, parked: 0 }
const whole = { failures: 1, traced: 1, parked: 1 }

describe('failed sign-ins at an address', () => {
  it('that was erased by its user or by an admin keep no IP and no browser; others do', async () => {
    const [own, others, bystander] = [await makeUser(), await makeUser(), freshEmail()]
    for (const email of [own.email, others.email, bystander]) await failedAt(email)
    const who = await signIn(own)
    expect((await who.asks('DELETE', '/users/account', { password: PASSWORD })).status).toBe(202)
    expect(await leftOf(own.email)).toEqual(blank)
    expect(await leftOf(others.email)).toEqual(whole)
    expect((await root.asks('DELETE', `/admin/users/${others.id}`)).status).toBe(202)
    expect(await leftOf(others.email)).toEqual(blank)
    expect(await leftOf(bystander)).toEqual(whole)
  })

  it('whose registration was declined', async () => {
    const { email } = await registerByApi()
    await failedAt(email)
    await sweepOutbox(depsFor(), outboxHandlers)
    const token = tokenIn(await mailTo(email), '/decline-registration')
    expect((await post('/api/v1/auth/decline-registration', { token })).status).toBe(200)
    expect(await leftOf(email)).toEqual(blank)
  })

  it('that nobody verified', async () => {
    const { email } = await makeUser({ status: 'pending' })
    await failedAt(email)
    await purgeUnverified(depsFor({ now: Date.now() + 31 * 86_400_000 }))
    expect(await leftOf(email)).toEqual(blank)
  })

  const DEACTIVATED = { is_active: false }
  const GIVEN_UP: [string, (who: Moving) => Promise<unknown>][] = [
    ['had until its user moved it', move],
    [
      'had before, and was deactivated since',
      async (who) => {
        await move(who)
        await asks('PUT', `/admin/users/${who.id}/status`, DEACTIVATED)
      },
    ],
    ['had before, where that is not mailed', (who) => move(who, { MAILS_OFF: 'email-changed' })],
    [
      'had until its user took the one before back',
      async (who) => {
        await move(who)
        await sweepOutbox(depsFor(), outboxHandlers)
        const undo = tokenIn(await mailTo(who.email), '/undo-email-change')
        expect((await post('/api/v1/auth/undo-email-change', { token: undo })).status).toBe(200)
      },
    ],
    ['is to get once that is confirmed', wish],
    [
      'had until an admin set another',
      ({ id, next }) => asks('PATCH', `/admin/users/${id}`, { email: next }),
    ],
  ]
  it.each(GIVEN_UP)('that the account %s', async (_, giveUp) => {
    const { id, email } = await makeUser()
    const next = freshEmail()
    await giveUp({ id, email, next })
    await failedAt(email)
    await failedAt(next)
    await asks('DELETE', `/admin/users/${id}`)
    expect([await leftOf(email), await leftOf(next)]).toEqual([blank, blank])
    await sweepOutbox(depsFor(), outboxHandlers)
    expect([await leftOf(email), await leftOf(next)]).toEqual([blank, blank])
    expect(await formerOf(id)).toEqual([])
  })

  it('that is somebody else’s by now are theirs, as are those at a wanted address', async () => {
    const [giver, taker, wanted] = [await makeUser(), await makeUser(), await makeUser()]
    await asks('PATCH', `/admin/users/${giver.id}`, { email: freshEmail() })
    await asks('PATCH', `/admin/users/${taker.id}`, { email: giver.email })
    const moved = await rowsOf('SELECT email FROM users WHERE id = ?', giver.id)
    await wish({ id: giver.id, email: String(moved[0]?.['email']), next: wanted.email })
    await failedAt(giver.email)
    await failedAt(wanted.email)
    await asks('DELETE', `/admin/users/${giver.id}`)
    await sweepOutbox(depsFor(), outboxHandlers)
    expect([await leftOf(giver.email), await leftOf(wanted.email)]).toEqual([whole, whole])
  })

  it('all of them, however many: the batch takes a part, the outbox the rest, up to the erasure', async () => {
    const { id, email } = await makeUser()
    const hmac = await addressHmac(config, email)
    const count = FAILURES_A_BATCH + 500
    await rowsOf(
      `INSERT INTO audit_log (id, at, event, ip, data)
       SELECT printf('01900000-0000-7000-8000-%012x', value), 1, 'auth.sign_in_failed', '192.0.2.1', ?1
       FROM (WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < ?2) SELECT value FROM n)`,
      JSON.stringify({ address: hmac, reason: 'x' }),
      count,
    )
    expect((await root.asks('DELETE', `/admin/users/${id}`)).status).toBe(202)
    expect(await leftOf(email)).toMatchObject({ failures: count, traced: 500 })
    // Somebody else may have the address from now on.
    await failedAt(email, Date.now() + 60_000)
    await sweepOutbox(depsFor(), outboxHandlers)
    expect(await leftOf(email)).toMatchObject({ failures: count + 1, traced: 1 })
  })

  it('are the only events of the log that may be blanked while users exist, and only blanked', async () => {
    const email = freshEmail()
    await failedAt(email)
    const is = `event = 'auth.sign_in_failed' AND data ->> 'address' = '${await addressHmac(config, email)}'`
    for (const change of [
      "ip = '192.0.2.9'",
      "data = '{}'",
      "ip = NULL, user_agent = 'x'",
      'at = 0',
    ]) {
      const changing = rowsOf(`UPDATE audit_log SET ${change} WHERE ${is}`)
      await expect(changing, change).rejects.toThrow('append-only')
    }
    await expect(rowsOf(`DELETE FROM audit_log WHERE ${is}`)).rejects.toThrow('append-only')
    expect((await call('GET', '/healthz')).status).toBe(200)
  })
})
