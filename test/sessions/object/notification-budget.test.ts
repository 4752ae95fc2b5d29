/** At most a few emails of each kind an hour are caused by the events of a user's object; all events are logged. */
import { evictDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import { rowsOf } from '../../db/rows'
import { freshIp, post } from '../../support/api'
import { HOUR, pass, stopClock } from '../../support/clock'
import { sendAll } from '../../support/credentials'
import { mailsTo } from '../../support/mailbox'
import { deliver, eventsOf, holdEvents, watchQueues } from '../../support/queues'
import { makeUser, PASSWORD } from '../../support/users'
import { fetchWith } from '../../support/worker'

stopClock()
watchQueues()
holdEvents()

type Person = Awaited<ReturnType<typeof makeUser>>

const OPEN = { SIGN_IN_LIMIT: { limit: async () => ({ success: true }) } }

async function signInAs(person: Person, device: string) {
  const reply = await fetchWith(OPEN, '/api/v1/auth/login', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': device },
    body: JSON.stringify({ username: person.email, password: PASSWORD }),
  })
  expect(reply.status).toBe(200)
}

/** The mails to a person, once every event of theirs has been delivered. */
async function told(person: Person): Promise<number> {
  const events = await eventsOf(person.subject)
  for (let from = 0; from < events.length; from += 50) await deliver(events.slice(from, from + 50))
  await sendAll()
  return mailsTo(person.email).length
}

test('sign-ins as ever new devices are all in the log, and five an hour are mailed', async () => {
  const person = await makeUser()
  for (let n = 0; n <= 8; n++) await signInAs(person, `bot-${n}`)
  expect(await told(person)).toBe(5)
  const asNew = await rowsOf(
    `SELECT 1 FROM audit_log
     WHERE event = 'auth.signed_in' AND data ->> 'new_device' AND target_id = ?`,
    person.id,
  )
  expect(asNew).toHaveLength(8)
  await evictDurableObject(env.USER_SESSIONS.getByName(person.subject))
  await signInAs(person, 'bot-a')
  expect(await told(person)).toBe(5)
  pass(HOUR)
  await signInAs(person, 'bot-b')
  expect(await told(person)).toBe(6)
})

test('so are reused refresh tokens, which a new device does not use up', async () => {
  const person = await makeUser()
  for (let n = 0; n <= 5; n++) await signInAs(person, `bot-${n}`)
  expect(await told(person)).toBe(5)
  const ip = freshIp()
  const refresh = (token: string) => post('/api/v1/auth/refresh', { refresh_token: token }, { ip })
  for (let n = 0; n < 8; n++) {
    const body = { username: person.email, password: PASSWORD, remember_me: true }
    const first = (await post('/api/v1/auth/login', body, { ip })).body.refresh_token
    await refresh((await refresh(first)).body.refresh_token)
    expect((await refresh(first)).status).toBe(401)
  }
  expect(await told(person)).toBe(10)
  expect(
    await rowsOf(
      "SELECT 1 FROM audit_log WHERE event = 'auth.refresh_reused' AND target_id = ?",
      person.id,
    ),
  ).toHaveLength(8)
})
