/**
 * After an erasure every store is searched for what would tell of the person: address, name, network,
 * browser. What is searched for is planted first, and found, so that finding nothing means something.
 * Failed sign-ins are not among it: they name nobody and stay for as long as they are kept.
 */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { outboxHandlers } from '../../src/background/outbox-handlers'
import { loadConfig } from '../../src/config'
import { eventId } from '../../src/event-id'
import { sweepOutbox } from '../../src/outbox/sweep'
import { shardOf } from '../../src/throttle/shard'
import { call, post, said } from '../support/api'
import { depsFor } from '../support/deps'
import { mailTo, tokenIn } from '../support/mailbox'
import { loseWakeUps } from '../support/outbox'
import { deliver, eventsOf, holdEvents, watchQueues } from '../support/queues'
import { d1Rows, placesOf } from '../support/stores'
import { freshEmail, PASSWORD, rowOf, type SignedInUser, staff } from '../support/users'

vi.setConfig({ testTimeout: 20_000 })
watchQueues()

let root: SignedInUser
beforeAll(async () => {
  loseWakeUps()
  holdEvents()
  root = await staff('admin')
})

const NAME = 'Zebedee Quuxington'

/** Somebody who has left traces wherever the product keeps any. */
async function traced(mark: string) {
  const email = `${mark}-${crypto.randomUUID().slice(0, 8)}@traces.example`
  const local = email.slice(0, email.indexOf('@'))
  const ip = `2001:db8:${mark.length}::beef`
  const agent = `TraceBrowser-${mark}/1.0`
  const from = { ip, headers: { 'user-agent': agent } }
  const credentials = { username: email, password: PASSWORD }
  const { body } = await post(
    '/api/v1/auth/register',
    { email, password: PASSWORD, full_name: NAME },
    from,
  )
  const id: number = body.id
  const token = tokenIn(await mailTo(email), '/verify-email')
  await post('/api/v1/auth/verify-email', { token }, from)
  const signedIn = await post('/api/v1/auth/login', { ...credentials, remember_me: true }, from)
  const auth = { ...from, token: signedIn.body.access_token as string }
  // What tells both addresses that an admin changed them is still under way.
  const path = `/admin/users/${id}`
  await root.asks('PATCH', path, { email: email.replace('@', '.old@') })
  await root.asks('PATCH', path, { email })
  const wrong = { current_password: 'Wrong-Horse-7', new_password: 'Battery-Staple-8' }
  const change = { password: PASSWORD, new_email: freshEmail() }
  await call('PATCH', '/api/v1/users/profile', { bio: `I am ${NAME}` }, auth)
  await call('POST', '/api/v1/users/2fa/setup', { password: PASSWORD }, auth)
  await call('POST', '/api/v1/users/change-password', wrong, auth)
  await call('POST', '/api/v1/users/change-email', change, auth)
  await post('/api/v1/auth/forgot-password', { email }, from)
  const subject = String((await rowOf(id))?.['subject'])
  const events = await eventsOf(subject)
  await deliver(events)
  await env.DB.prepare('INSERT INTO parked_events VALUES (?, ?, 0)')
    .bind(
      `parked-${mark}`,
      JSON.stringify({ event: 'user.active', subject, ip, user_agent: agent }),
    )
    .run()
  return { id, email, ip, agent, auth, subject, events, traces: [email, local, NAME, ip, agent] }
}

/** The keys under which the throttle counts the user: HMACs of their address and their subject. */
const throttleKeys = async ({ email, subject }: { email: string; subject: string }) => {
  const owners = [{ emailKey: email }, { subject }].map((each) => shardOf(loadConfig(env), each))
  return (await Promise.all(owners)).map(({ owner }) => owner)
}

describe.each([
  [
    'by the user',
    (who: Awaited<ReturnType<typeof traced>>) =>
      call('DELETE', '/api/v1/users/account', { password: PASSWORD }, who.auth),
  ],
  [
    'by an admin',
    (who: Awaited<ReturnType<typeof traced>>) => root.asks('DELETE', `/admin/users/${who.id}`),
  ],
])('an account erased %s', (title, erase) => {
  const mark = title.replaceAll(' ', '')

  // Reads everything that is stored, a dozen times.
  test('leaves no trace anywhere once the outbox has been swept', { timeout: 60_000 }, async () => {
    const zeb = await traced(mark)
    const planted = await placesOf(...zeb.traces)
    const holders = planted.join('\n')
    // The positive control: the search finds the user in D1 and in their object, by each trace.
    for (const trace of zeb.traces) expect(holders.toLowerCase()).toContain(trace.toLowerCase())
    for (const table of ['users', 'audit_log', 'one_time_tokens', 'parked_events']) {
      expect(
        planted.some((place) => place.startsWith(`D1 ${table}:`)),
        table,
      ).toBe(true)
    }
    expect(planted.some((place) => place.startsWith('USER_SESSIONS'))).toBe(true)
    const keys = await throttleKeys(zeb)
    for (const key of keys) expect((await placesOf(key)).join()).toMatch(/^THROTTLE/)

    expect(said(await erase(zeb))).toBe('202')
    // Before the farewell has gone: the address is owed to the outbox, and not to be read there.
    expect(await placesOf(...zeb.traces)).toEqual([])
    const pending = (await d1Rows('outbox')).map(({ kind }) => kind).sort()
    expect(pending).toEqual(expect.arrayContaining(['forget-throttle', 'mail']))
    await sweepOutbox(depsFor(), outboxHandlers)
    await sweepOutbox(depsFor(), outboxHandlers)
    expect(await placesOf(...zeb.traces)).toEqual([])
    expect(await placesOf(...keys)).toEqual([])
  })

  test('is not told of by events that come late', async () => {
    const zeb = await traced(`${mark}late`)
    await erase(zeb)
    const before = await d1Rows('audit_log')
    const late = zeb.events.map((event) => ({ ...event, id: eventId(event.at) }))
    expect(late.length).toBeGreaterThan(0)
    await deliver(late)
    expect(await d1Rows('audit_log')).toEqual(before)
    expect(await placesOf(zeb.ip, zeb.agent)).toEqual([])
  })

  test('has its number in the audit log, and its random name nowhere but in ids of sessions', async () => {
    const zeb = await traced(`${mark}x`)
    await erase(zeb)
    await sweepOutbox(depsFor(), outboxHandlers)
    const places = (await placesOf(zeb.subject)).map((place) => place.split(':')[0])
    expect(places.filter((place) => place !== 'D1 audit_log')).toEqual([])
    const mine = (await d1Rows('audit_log')).filter((row) =>
      JSON.stringify(row).includes(zeb.subject),
    )
    for (const row of mine) expect(String(row['event'])).toMatch(/^auth\./)
    const tables = ['user_roles', 'user_sessions', 'one_time_tokens', 'daily_login_users']
    for (const table of tables) {
      const rows = await d1Rows(table)
      expect(
        rows.filter((row) => row['user_id'] === zeb.id),
        table,
      ).toEqual([])
    }
  })
})
