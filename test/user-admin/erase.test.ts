/** Deleting a user, as admins do: of any status, whole, and although something fails on the way. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { outboxHandlers } from '../../src/background/outbox-handlers'
import { sweepOutbox } from '../../src/outbox/sweep'
import { UserSessions } from '../../src/sessions/object/user-sessions'
import { post, said } from '../support/api'
import { depsFor } from '../support/deps'
import { mailsTo, mailTo } from '../support/mailbox'
import { loseWakeUps } from '../support/outbox'
import {
  freshEmail,
  makeUser,
  rowOf,
  type SignedInUser,
  signedInUser,
  staff,
} from '../support/users'
import { postSignIn, session } from '../support/users-by-api'

let root: SignedInUser
beforeAll(async () => {
  loseWakeUps()
  root = await staff('admin')
})

const erase = (id: number, who = root) => who.asks('DELETE', `/admin/users/${id}`)

describe('deleting a user', () => {
  test('of any status answers 202 with a message, and then the user is gone', async () => {
    for (const status of ['active', 'pending', 'deactivated'] as const) {
      const { id, email, password } = await makeUser({ status })
      const reply = await erase(id)
      expect([reply.status, reply.body]).toEqual([202, { message: 'User deleted successfully' }])
      expect(said(await root.asks('GET', `/admin/users/${id}`))).toBe('404 not_found')
      expect(said(await erase(id))).toBe('404 not_found')
      expect(said(await postSignIn({ id, email, password }))).toBe('401 invalid_credentials')
    }
  })

  test('drops the mails that were under way to the user, and sends one farewell', async () => {
    const ada = await makeUser()
    await root.asks('POST', `/admin/users/${ada.id}/send-password-reset`)
    await post('/api/v1/auth/forgot-password', { email: ada.email })
    await erase(ada.id)
    await mailTo(ada.email)
    const subjects = mailsTo(ada.email).map(({ subject }) => subject)
    expect(subjects).toEqual([expect.stringMatching(/deleted|closed|erased/i)])
  })

  test('a pending email about a change of address is dropped too', async () => {
    const [ada, email] = [await makeUser(), freshEmail()]
    await root.asks('PATCH', `/admin/users/${ada.id}`, { email })
    await erase(ada.id)
    await mailTo(email)
    expect([mailsTo(email).length, mailsTo(ada.email).length]).toEqual([1, 0])
  })

  test('clears the user’s id from the roles they gave and the users they invited', async () => {
    const [giver, ada] = [await staff('admin'), await makeUser()]
    await giver.asks('POST', `/admin/users/${ada.id}/roles`, { role: 'moderator' })
    const body = { email: freshEmail(), full_name: 'Eve Evans' }
    const eve = await giver.asks('POST', '/admin/users', body)
    expect(said(await erase(giver.id))).toBe('202')
    expect(await rowOf(eve.body.id)).toMatchObject({ invited_by: null })
    const left = await env.DB.prepare('SELECT count(*) AS n FROM user_roles WHERE assigned_by = ?')
      .bind(giver.id)
      .first('n')
    expect(left).toBe(0)
  })

  test('an admin who deletes their own account leaves no trace of where they acted from', async () => {
    const ada = await staff('admin')
    expect(said(await erase(ada.id, ada))).toBe('202')
    const { results } = await env.DB.prepare(
      'SELECT event FROM audit_log WHERE coalesce(actor_id, target_id) = ? AND (ip IS NOT NULL OR user_agent IS NOT NULL)',
    )
      .bind(ada.id)
      .all()
    expect(results).toEqual([])
    expect((await session(ada.token)).status).toBe(401)
  })
})

test('is 503 effect_pending if the object is unreachable, and the outbox completes it', async () => {
  const ada = await signedInUser()
  const unreachable = vi
    .spyOn(UserSessions.prototype, 'syncAccountState')
    .mockImplementation(async () => {
      throw new Error('Durable Object is overloaded')
    })
  const reply = await erase(ada.id)
  unreachable.mockRestore()
  expect([said(reply), reply.headers.get('retry-after')]).toEqual(['503 effect_pending', '60'])
  expect(await rowOf(ada.id)).toBeNull()
  // What was pending before the erasure was deleted with the account; this was not.
  const pending = await env.DB.prepare('SELECT kind FROM outbox WHERE subject = ?')
    .bind(ada.subject)
    .all()
  expect(pending.results).toEqual([{ kind: 'sync-authority' }])
  vi.useFakeTimers({ toFake: ['Date'] })
  vi.setSystemTime(Date.now() + 60_000)
  await sweepOutbox(depsFor(), outboxHandlers)
  vi.useRealTimers()
  expect((await session(ada.token)).status).toBe(401)
})
