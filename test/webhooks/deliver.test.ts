/** Delivery to a real receiver over a real socket, verified by the library of Standard Webhooks. */
import { describe, expect, it, test } from 'vitest'
import { deliver, signedIn } from '../audit/queued-events'
import { rowsOf } from '../db/rows'
import { call } from '../support/api'
import { signedInUser } from '../support/users'
import {
  ask,
  changeProfile,
  clerk,
  deliveriesOf,
  endpoint,
  endpointOf,
  makeDue,
  receivedBy,
  sweep,
  verified,
  notifications,
  withClerk,
} from './desk'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

withClerk()

describe('an event that an endpoint chose', () => {
  it('arrives once, signed, with ids and without addresses', async () => {
    const hook = await endpoint('ok')
    await changeProfile()
    expect(await sweep()).toMatchObject({ due: 1, done: 1 })
    const [told, ...others] = await verified(hook)
    const [log] = await rowsOf(
      "SELECT id, at FROM audit_log WHERE event = 'user.profile_updated' ORDER BY id DESC LIMIT 1",
    )
    expect(told).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{22}$/),
      type: 'user.profile_updated',
      timestamp: new Date(Number(log?.['at'])).toISOString(),
      data: {
        id: log?.['id'],
        actor_id: clerk.id,
        target_id: clerk.id,
        details: { fields: ['bio'] },
      },
    })
    expect(others).toEqual([])
    const [request] = await receivedBy(hook.key)
    expect(request?.headers).toMatchObject({
      'content-type': 'application/json',
      'user-agent': 'Gatehouse',
      'webhook-id': told?.id,
    })
    // Neither whose it was nor from where.
    expect(request?.body).not.toMatch(/@|10\.\d+\.\d+\.\d+/)
    expect(await rowsOf('SELECT * FROM outbox')).toEqual([])
    expect(await deliveriesOf(hook)).toEqual([
      expect.objectContaining({ id: told?.id, state: 'delivered', attempts: 1, last_status: 204 }),
    ])
  })

  it('notifies the consumer at once, and an event without subscribers does not', async () => {
    const hook = await endpoint('ok', ['user.erased'])
    expect(notifications).not.toHaveBeenCalled()
    await changeProfile()
    expect(notifications).not.toHaveBeenCalled()
    await ask('PATCH', `/${hook.id}`, { events: null })
    expect(notifications).toHaveBeenCalled()
    notifications.mockClear()
    await changeProfile()
    expect(notifications).toHaveBeenCalled()
  })

  it('is sent once for an event of the events queue, even if that is delivered again', async () => {
    const hook = await endpoint('ok', ['auth.signed_in'])
    const { sessionId } = await signedInUser()
    const event = signedIn(sessionId.slice(0, 22), Date.now())
    await deliver(event, event)
    await deliver(event)
    expect(notifications).toHaveBeenCalled()
    await sweep()
    await deliver(event)
    await sweep()
    const told = (await verified(hook)).filter(({ data }) => data['id'] === event.id)
    expect(told).toEqual([expect.objectContaining({ type: 'auth.signed_in' })])
    expect(told[0]?.data['details']).toMatchObject({ method: 'password' })
  })

  it('tells of a failed sign-in without what was typed, and of an erased user by the id alone', async () => {
    const hook = await endpoint('ok', ['auth.sign_in_failed', 'user.erased'])
    const { id, token, email, password } = await signedInUser()
    await deliver({
      ...signedIn('', Date.now()),
      event: 'auth.sign_in_failed',
      subject: null,
      data: { address: 'k1.hmac-of-what-was-typed', reason: 'invalid_credentials' },
    })
    const erased = await call('DELETE', '/api/v1/users/account', { password }, { token })
    expect(erased.status).toBeLessThan(300)
    await sweep()
    const told = await verified(hook)
    expect(told.map(({ type, data }) => [type, data['target_id'], data['details']])).toEqual([
      ['auth.sign_in_failed', null, { reason: 'invalid_credentials' }],
      ['user.erased', id, { by: 'self' }],
    ])
    const stored = await rowsOf('SELECT * FROM webhook_deliveries')
    expect(JSON.stringify([told, stored])).not.toContain(email)
  })
})

describe('a receiver that', () => {
  it('fails twice is tried again after 5 seconds and 5 minutes, under one webhook-id', async () => {
    const hook = await endpoint('fail-twice')
    await changeProfile()
    const [{ created_at: made }] = await deliveriesOf(hook)
    const at = Date.parse(made)
    notifications.mockClear()
    expect(await sweep()).toMatchObject({ retry: 1 })
    expect(notifications).toHaveBeenCalledWith({}, { delaySeconds: 6 })
    const [first] = await deliveriesOf(hook)
    expect(first).toMatchObject({ state: 'pending', attempts: 1, last_error: 'status_500' })
    expect(Date.parse(first.next_attempt_at) - at).toBeGreaterThanOrEqual(5000)
    expect(await sweep()).toMatchObject({ due: 0 })
    await makeDue()
    expect(await sweep()).toMatchObject({ retry: 1 })
    const [second] = await deliveriesOf(hook)
    expect(Date.parse(second.next_attempt_at) - at).toBeGreaterThanOrEqual(5 * MINUTE)
    expect((await endpointOf(hook)).failing_since).not.toBeNull()
    await makeDue()
    expect(await sweep()).toMatchObject({ done: 1 })
    const told = await verified(hook)
    expect(told).toHaveLength(3)
    expect(new Set(told.map(({ id }) => id)).size).toBe(1)
    expect(await deliveriesOf(hook)).toEqual([
      expect.objectContaining({ state: 'delivered', attempts: 3, last_error: null }),
    ])
    expect((await endpointOf(hook)).failing_since).toBeNull()
  })

  it('breaks off is asked again, so that it may hear of one event twice, under one webhook-id', async () => {
    const hook = await endpoint('break-off-once')
    await changeProfile()
    await sweep()
    expect(await deliveriesOf(hook)).toMatchObject([{ last_error: 'no_connection' }])
    await makeDue()
    await sweep()
    const [one, two] = await verified(hook)
    expect(one).toEqual(two)
    expect(await deliveriesOf(hook)).toMatchObject([{ state: 'delivered' }])
  })

  it('redirects has failed, and where it points to is not called', async () => {
    const hook = await endpoint('redirect')
    await changeProfile()
    expect(await sweep()).toMatchObject({ retry: 1 })
    expect(await deliveriesOf(hook)).toMatchObject([{ last_error: 'status_307', last_status: 307 }])
    expect(await receivedBy(`${hook.key}-elsewhere`)).toEqual([])
  })

  it('answers late and twice is taken at its first word', async () => {
    const hook = await endpoint('twice-and-late')
    await changeProfile()
    expect(await sweep()).toMatchObject({ done: 1 })
    expect(await deliveriesOf(hook)).toMatchObject([{ state: 'delivered', last_status: 200 }])
  })

  it('answers without an end is not listened to', async () => {
    await endpoint('endless')
    await changeProfile()
    const began = Date.now()
    expect(await sweep()).toMatchObject({ done: 1 })
    expect(Date.now() - began).toBeLessThan(5000)
  })

  it('is gone is disabled at once, which is recorded and told to others', async () => {
    const hook = await endpoint('gone')
    const watcher = await endpoint('ok', ['webhook.disabled'])
    await changeProfile()
    expect(await sweep()).toMatchObject({ dead: 1 })
    expect(await endpointOf(hook)).toMatchObject({ enabled: false, disabled_reason: 'gone' })
    expect(await deliveriesOf(hook)).toMatchObject([{ state: 'dead', last_error: 'gone' }])
    await sweep()
    expect(await verified(watcher)).toMatchObject([
      { type: 'webhook.disabled', data: { details: { webhook_id: hook.id, reason: 'gone' } } },
    ])
    await changeProfile()
    expect(await deliveriesOf(hook)).toHaveLength(1)
  })

  it('hangs is given ten seconds, then not asked for a minute, while others are served', async () => {
    const hook = await endpoint('hang')
    const other = await endpoint('ok')
    for (let n = 0; n < 6; n++) await changeProfile()
    const began = Date.now()
    expect(await sweep()).toMatchObject({ due: 12, done: 6, retry: 6 })
    const took = Date.now() - began
    expect(took).toBeGreaterThan(9000)
    expect(took).toBeLessThan(20_000)
    expect(await verified(other)).toHaveLength(6)
    const asked = (await receivedBy(hook.key)).length
    const errors = (await deliveriesOf(hook)).map((each: any) => each.last_error)
    expect(errors.filter((each: string) => each === 'timeout')).toHaveLength(asked)
    expect(errors.filter((each: string) => each === 'endpoint_paused')).toHaveLength(6 - asked)
    await makeDue()
    expect(await sweep()).toMatchObject({ retry: 6 })
    expect(await receivedBy(hook.key)).toHaveLength(asked)
    // The minute is over, and whoever runs it has mended it.
    await rowsOf('UPDATE webhooks SET paused_until = ?', Date.now())
    await rowsOf("UPDATE webhooks SET url = replace(url, '/hang/', '/ok/')")
    await makeDue()
    expect(await sweep()).toMatchObject({ done: 6 })
    expect(await endpointOf(hook)).toMatchObject({ failing_since: null })
  }, 40_000)
})

describe('an endpoint that only fails', () => {
  const kill = (attempts = 9) => rowsOf('UPDATE outbox SET attempts = ?', attempts)

  it('has ten attempts, then the delivery fails permanently and admins can retry it', async () => {
    const hook = await endpoint('fail')
    await changeProfile()
    await kill(8)
    expect(await sweep()).toMatchObject({ retry: 1 })
    await makeDue()
    expect(await sweep()).toMatchObject({ dead: 1 })
    const [dead] = await deliveriesOf(hook)
    expect(dead).toMatchObject({ state: 'dead', next_attempt_at: null })
    const outbox = await call('GET', '/api/v1/admin/outbox', undefined, { token: clerk.token })
    expect(outbox.body.items).toMatchObject([
      { id: dead.id, kind: 'webhook', name: 'user.profile_updated', last_error: 'status_500' },
    ])
    // One that has failed for less than five days stays enabled.
    expect(await endpointOf(hook)).toMatchObject({ enabled: true })
    await call('POST', `/api/v1/admin/outbox/${dead.id}/retry`, undefined, { token: clerk.token })
    expect(await deliveriesOf(hook)).toMatchObject([{ state: 'pending' }])
  })

  it('for five days is disabled when a delivery fails permanently; enabled again it starts afresh', async () => {
    const hook = await endpoint('fail')
    await changeProfile()
    await kill()
    await rowsOf('UPDATE webhooks SET failing_since = ?', Date.now() - 5 * DAY)
    expect(await sweep()).toMatchObject({ dead: 1 })
    expect(await endpointOf(hook)).toMatchObject({ enabled: false, disabled_reason: 'failing' })
    const { body } = await ask('PATCH', `/${hook.id}`, { enabled: true })
    expect(body).toMatchObject({ enabled: true, disabled_reason: null, failing_since: null })
  })

  test('what comes due while it is disabled is dropped, and can be redelivered', async () => {
    const hook = await endpoint('ok')
    await changeProfile()
    await ask('PATCH', `/${hook.id}`, { enabled: false })
    expect(await sweep()).toMatchObject({ done: 1 })
    const [dropped] = await deliveriesOf(hook)
    expect(dropped).toMatchObject({ state: 'dead', last_error: 'endpoint_disabled', attempts: 0 })
    await ask('PATCH', `/${hook.id}`, { enabled: true })
    await ask('POST', `/${hook.id}/deliveries/${dropped.id}/redeliver`)
    await sweep()
    expect(await verified(hook)).toMatchObject([{ id: dropped.id }])
  })
})

describe('a delivery that cannot be', () => {
  test('to a destination that is no longer allowed fails permanently without a request', async () => {
    const hook = await endpoint('ok')
    await changeProfile()
    await rowsOf("UPDATE webhooks SET url = 'http://10.0.0.1/'")
    expect(await sweep()).toMatchObject({ dead: 1 })
    expect(await deliveriesOf(hook)).toMatchObject([{ last_error: 'destination_refused' }])
  })

  test('signed by a secret that no key opens waits for the key, and rotation is the way out', async () => {
    const hook = await endpoint('ok')
    await changeProfile()
    await rowsOf("UPDATE webhooks SET secret = 'lost.' || secret")
    expect(await sweep()).toMatchObject({ retry: 1 })
    expect(await deliveriesOf(hook)).toMatchObject([{ last_error: 'secret_unreadable' }])
    const { body } = await ask('POST', `/${hook.id}/rotate-secret`)
    expect(body.previous_secret_until).toBeNull()
    await makeDue()
    await sweep()
    expect(await verified({ ...hook, secret: body.secret })).toHaveLength(1)
  })

  test('signed by a previous secret that no key opens is signed by the present one alone', async () => {
    const hook = await endpoint('ok')
    const { body } = await ask('POST', `/${hook.id}/rotate-secret`)
    await rowsOf("UPDATE webhooks SET previous_secret = 'lost.' || previous_secret")
    await changeProfile()
    expect(await sweep()).toMatchObject({ done: 1 })
    expect(await verified({ ...hook, secret: body.secret })).toHaveLength(1)
    const [request] = await receivedBy(hook.key)
    expect(request?.headers['webhook-signature']?.split(' ')).toHaveLength(1)
  })

  test('of an event that has left the log is dropped', async () => {
    const hook = await endpoint('ok')
    await changeProfile()
    await rowsOf("UPDATE webhook_deliveries SET event_id = '01930000-0000-7000-8000-000000000001'")
    await sweep()
    expect(await deliveriesOf(hook)).toMatchObject([{ state: 'dead', last_error: 'event_expired' }])
    const [{ id }] = await deliveriesOf(hook)
    const { status } = await ask('POST', `/${hook.id}/deliveries/${id}/redeliver`)
    expect(status).toBe(404)
  })
})
