/** A form that is refused for a while says in its header how long, in the account and in the console. */
import { expect, test, vi } from 'vitest'
import { UserSessions } from '../../../src/sessions/object/user-sessions'
import { makeUser, signedInUser } from '../../support/users'
import { alertOf, flashOf, visitor } from '../admin/site'

const retryAfter = ({ headers }: { headers: Headers }) => Number(headers.get('retry-after') ?? -1)

test('a form of the console that is refused with 429', async () => {
  const [admin, ada] = [await visitor('admin'), await makeUser()]
  const send = () => admin.submit(`/admin/users/${ada.id}/send-password-reset`)
  let reply = await send()
  expect(flashOf(await admin.follow(reply))).toBeDefined()
  for (let i = 0; i < 20 && reply.status === 303; i++) reply = await send()
  expect(reply.status).toBe(429)
  expect(retryAfter(reply)).toBeGreaterThan(0)
  expect(alertOf(reply)).toMatch(/^Too many attempts\. Please try again in/)
})

test.each(['deactivate', 'bulk'])('one that is refused with 503: %s', async (act) => {
  const [admin, ada] = [await visitor('admin'), await signedInUser()]
  const unreachable = vi
    .spyOn(UserSessions.prototype, 'syncAccountState')
    .mockRejectedValue(new Error('Durable Object is overloaded'))
  const bulk = { ids: String(ada.id), do: 'deactivate', is_confirmed: 'true' }
  const reply = await (act === 'bulk'
    ? admin.submit('/admin/users/bulk', bulk)
    : admin.submit(`/admin/users/${ada.id}/deactivate`))
  unreachable.mockRestore()
  expect([reply.status, retryAfter(reply)]).toEqual([503, 60])
  expect(reply.body).toContain('Your change has been saved')
})
