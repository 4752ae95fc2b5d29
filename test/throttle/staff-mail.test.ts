/** Mails that staff have sent: 20 an hour to one address for one purpose, whoever asks. */
import { env } from 'cloudflare:workers'
import { beforeEach, expect, test, vi } from 'vitest'
import { UserSessions } from '../../src/sessions/object/user-sessions'
import { rowsOf } from '../db/rows'
import { said } from '../support/api'
import { HOUR, pass, stopClock } from '../support/clock'
import { sendAll } from '../support/credentials'
import { mailsTo } from '../support/mailbox'
import { loseWakeUps } from '../support/outbox'
import {
  eventsAbout,
  freshEmail,
  makeUser,
  PASSWORD,
  type SignedInUser,
  staff,
} from '../support/users'

stopClock()

let root: SignedInUser
let other: SignedInUser
beforeEach(async () => {
  loseWakeUps()
  root = await staff('admin')
  other = await staff('admin')
})

/** Once too often for one address; the answers, which differ in nothing but the last. */
async function tooOften(ask: (by: SignedInUser, n: number) => ReturnType<SignedInUser['asks']>) {
  const replies = []
  for (let n = 0; n <= 20; n++) replies.push(await ask(n % 2 === 0 ? root : other, n))
  const last = replies.at(-1)
  expect(last?.body.code).toBe('too_many_attempts')
  expect(Number(last?.headers.get('retry-after'))).toBeGreaterThan(3000)
  expect(last?.body.detail).not.toContain('password')
  return replies.map(({ status }) => status)
}
const times = (status: number) => [...Array.from({ length: 20 }, () => status), 429]

test('links to choose a password, and then again after an hour, and others meanwhile', async () => {
  const [ada, bob] = [await makeUser(), await makeUser()]
  const send = (by: SignedInUser, id = ada.id) =>
    by.asks('POST', `/admin/users/${id}/send-password-reset`)
  expect(await tooOften((by) => send(by))).toEqual(times(200))
  await sendAll()
  expect(mailsTo(ada.email)).toHaveLength(20)
  const sent = (await eventsAbout(ada.id)).filter((name) => name === 'admin.password_reset_sent')
  expect(sent).toHaveLength(20)
  expect(said(await send(root, bob.id))).toBe('200')
  // An unlock lifts locks, and not what keeps a mailbox from being filled.
  expect(said(await root.asks('POST', `/admin/users/${ada.id}/unlock`))).toBe('200')
  expect(said(await send(root))).toBe('429 too_many_attempts')
  pass(HOUR)
  expect(said(await send(await staff('admin')))).toBe('200')
})

test('an invitation and its repetitions together', async () => {
  const email = freshEmail()
  const { id } = (await root.asks('POST', '/admin/users', { email, full_name: 'Eve Evans' })).body
  const again = (by: SignedInUser) => by.asks('POST', `/admin/users/${id}/resend-verification`)
  for (let n = 0; n < 19; n++) expect(said(await again(other))).toBe('200')
  expect(said(await again(root))).toBe('429 too_many_attempts')
})

test('an address that is set over and over, which mails the one before too', async () => {
  const [ada, victim] = [await makeUser(), freshEmail()]
  const path = `/admin/users/${ada.id}`
  const statuses = await tooOften(async (by) => {
    await by.asks('PATCH', path, { email: freshEmail() })
    return by.asks('PATCH', path, { email: victim })
  })
  expect(statuses).toEqual(times(200))
  expect(said(await root.asks('PATCH', path, { full_name: 'Ada King' }))).toBe('200')
}, 30_000)

test('what is refused for another reason takes no place', async () => {
  const ada = await makeUser({ status: 'pending' })
  const path = `/admin/users/${root.id}/resend-verification`
  for (let n = 0; n < 25; n++) expect(said(await other.asks('POST', path))).toBe('409 wrong_status')
  const resend = `/admin/users/${ada.id}/resend-verification`
  expect(said(await other.asks('POST', resend))).toBe('200')
})

test('emails about one kind of webhook change stop silently; the changes and their events go on', async () => {
  const hook = { url: 'https://hooks.example.com/x', events: ['user.erased'], password: PASSWORD }
  const { id } = (await root.asks('POST', '/admin/webhooks', hook)).body
  await sendAll()
  const [toMaker, toOther] = [mailsTo(root.email).length, mailsTo(other.email).length]
  for (let n = 0; n < 50; n++) {
    const reply = await other.asks('PATCH', `/admin/webhooks/${id}`, { enabled: n % 2 === 1 })
    expect(reply.status).toBe(200)
  }
  await sendAll()
  expect(mailsTo(root.email).length - toMaker).toBe(20)
  expect(mailsTo(other.email).length - toOther).toBe(20)
  const changes = await rowsOf(
    "SELECT 1 FROM audit_log WHERE event = 'webhook.changed' AND data ->> 'webhook_id' = ?",
    id,
  )
  expect(changes).toHaveLength(50)
  // Another kind of change is told all the same.
  await other.asks('POST', `/admin/webhooks/${id}/rotate-secret`, { password: PASSWORD })
  await sendAll()
  expect(mailsTo(root.email).length - toMaker).toBe(21)
})

test('a change that is saved takes its place, though the object cannot be told', async () => {
  const [ada, victim] = [await makeUser(), freshEmail()]
  const path = `/admin/users/${ada.id}`
  const unreachable = vi
    .spyOn(UserSessions.prototype, 'syncAccountState')
    .mockRejectedValue(new Error('Durable Object is overloaded'))
  for (let n = 0; n < 20; n++) {
    await rowsOf('UPDATE users SET email = ?1, email_key = ?1 WHERE id = ?2', freshEmail(), ada.id)
    expect(said(await root.asks('PATCH', path, { email: victim }))).toBe('503 effect_pending')
  }
  unreachable.mockRestore()
  await rowsOf('UPDATE users SET email = ?1, email_key = ?1 WHERE id = ?2', freshEmail(), ada.id)
  expect(said(await root.asks('PATCH', path, { email: victim }))).toBe('429 too_many_attempts')
}, 30_000)

test('a change of a webhook that fails takes no place from the mail about the next', async () => {
  const hook = { url: 'https://hooks.example.com/x', events: ['user.erased'], password: PASSWORD }
  const { id } = (await root.asks('POST', '/admin/webhooks', hook)).body
  const rotate = () =>
    root.asks('POST', `/admin/webhooks/${id}/rotate-secret`, { password: PASSWORD })
  await sendAll()
  const before = mailsTo(root.email).length
  const failing = vi.spyOn(env.DB, 'batch').mockRejectedValue(new Error('D1_ERROR: overloaded'))
  for (let n = 0; n < 20; n++) expect((await rotate()).status).toBe(503)
  failing.mockRestore()
  expect(said(await rotate())).toBe('200')
  await sendAll()
  expect(mailsTo(root.email).length - before).toBe(1)
})
