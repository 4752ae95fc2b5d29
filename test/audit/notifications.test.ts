/** Emails about events: outbox rows in the batch of the audit row, one for each event. */
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { EventMessage } from '../../src/events'
import { rowsOf } from '../db/rows'
import { makeUser } from '../support/users'
import { deliverTo, queuedEvent, MIDNIGHT, signedIn } from './queued-events'

beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
})
afterEach(() => {
  vi.restoreAllMocks()
})

/** Notifications are kept here, so that no consumer takes a row away from its test. */
async function delivered(bodies: unknown[], settings: Record<string, string> = {}) {
  const notified: string[] = []
  const sendBatch = async (messages: { body: { id: string } }[]) =>
    void notified.push(...messages.map(({ body }) => body.id))
  const changed = { ...env, ...settings, OUTBOX_QUEUE: { sendBatch } } as unknown as Env
  await deliverTo('gatehouse-events', bodies, { env: changed })
  return notified
}
const notificationsTo = (subject: string) =>
  rowsOf<{ id: string; payload: string }>(
    "SELECT id, payload FROM outbox WHERE subject = ? AND kind = 'mail' ORDER BY id",
    subject,
  )
const onNewDevice = (subject: string, at = MIDNIGHT): EventMessage => {
  const event = signedIn(subject, at)
  return { ...event, data: { ...event.data, new_device: true } } as EventMessage
}

it('a sign-in on a new device sends one email with time and country, and notifies the outbox', async () => {
  const { subject } = await makeUser()
  const event = onNewDevice(subject)
  const notified = await delivered([event])
  const [notification, ...more] = await notificationsTo(subject)
  expect(more).toEqual([])
  expect(notified).toEqual([notification?.id])
  expect(JSON.parse(notification?.payload ?? '')).toEqual({
    mail: 'new-device',
    circumstances: { at: MIDNIGHT, country: 'NL', user_agent: 'test' },
  })
})

it('an event that is delivered twice sends one email, even if the first has already been sent', async () => {
  const { subject } = await makeUser()
  const event = onNewDevice(subject)
  await delivered([event, event])
  await delivered([event])
  expect(await notificationsTo(subject)).toHaveLength(1)
  await rowsOf('DELETE FROM outbox WHERE subject = ?', subject)
  await delivered([event, onNewDevice(subject, MIDNIGHT + 1)])
  expect(await notificationsTo(subject)).toHaveLength(1)
})

it.each<[string, (subject: string) => EventMessage, string[]]>([
  ['a sign-in on a known device', (subject) => signedIn(subject, MIDNIGHT), []],
  [
    'the first wrong second factor of a challenge',
    (subject) => queuedEvent('auth.second_factor_failed', subject, MIDNIGHT, { first: true }),
    ['wrong-second-factor'],
  ],
  [
    'a later wrong one',
    (subject) => queuedEvent('auth.second_factor_failed', subject, MIDNIGHT, { first: false }),
    [],
  ],
  [
    'the reuse of a refresh token',
    (subject) => queuedEvent('auth.refresh_reused', subject, MIDNIGHT, { session_id: 'x' }),
    ['refresh-reused'],
  ],
  ['an activity', (subject) => queuedEvent('user.active', subject, MIDNIGHT, {}), []],
])('%s sends the emails it should', async (_, make, mails) => {
  const { subject } = await makeUser()
  await delivered([make(subject)])
  const notifications = await notificationsTo(subject)
  expect(notifications.map(({ payload }): unknown => JSON.parse(payload))).toMatchObject(
    mails.map((mail) => ({ mail })),
  )
  expect(notifications).toHaveLength(mails.length)
})

it('an email that is switched off is not queued, but its event is logged', async () => {
  const { id, subject } = await makeUser()
  expect(await delivered([onNewDevice(subject)], { MAILS_OFF: 'new-device' })).toEqual([])
  expect(await notificationsTo(subject)).toEqual([])
  expect(await rowsOf('SELECT 1 FROM audit_log WHERE target_id = ?', id)).toHaveLength(1)
})

it('an erased user gets no email', async () => {
  const { id, subject } = await makeUser()
  await rowsOf('DELETE FROM users WHERE id = ?', id)
  await delivered([onNewDevice(subject)])
  expect(await notificationsTo(subject)).toEqual([])
})

it('a malformed event in the batch stops no email about the others and causes none itself', async () => {
  const [ada, bob] = [await makeUser(), await makeUser()]
  const poison = { ...onNewDevice(bob.subject), at: 'today' }
  await delivered([onNewDevice(ada.subject), poison, null])
  expect(await notificationsTo(ada.subject)).toHaveLength(1)
  expect(await notificationsTo(bob.subject)).toEqual([])
})
