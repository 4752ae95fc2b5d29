/** One user's events: shown to the user without anybody else's traces, and whole to user admins. */
import { beforeAll, describe, expect, it } from 'vitest'
import { EVENT_NAMES } from '../../src/event-traits'
import type { EventName } from '../../src/events'
import { type Row, rowsOf } from '../db/rows'
import { get, type Reply } from '../support/api'
import { named } from '../support/named'
import { change } from '../support/profile'
import { makeStaffRoles } from '../support/roles'
import { makeUser, type SignedInUser, signedInUser, staff } from '../support/users'
import { signInByApi } from '../support/users-by-api'
import { logged } from './log'

const NOW = Date.UTC(2031, 4, 6)
const OWN = '/api/v1/users/activity'
const HERE = { ip: '198.51.100.7', country: 'NL', user_agent: 'test' }

let clerk: SignedInUser
let ada: SignedInUser
beforeAll(async () => {
  await makeStaffRoles()
  clerk = await staff('staff-users')
  ada = await signedInUser()
})

const own = (who: SignedInUser, query = '') => get(`${OWN}${query}`, { token: who.token })
const of = (id: number | string, query = '', token = clerk.token): Promise<Reply> =>
  get(`/api/v1/admin/users/${id}/activity${query}`, { token })

/** One event of Ada’s as she sees it. */
async function seen(event: EventName, more: Row): Promise<Record<string, unknown>> {
  const id = await logged(event, NOW, { target_id: ada.id, ...HERE, ...more })
  const { body } = await own(ada)
  return body.items.find((item: { id: string }) => item.id === id)
}

describe('a user’s own activity', () => {
  it('has what the user did, with time, IP and browser', async () => {
    expect((await change(ada, { bio: 'Engines' })).status).toBe(200)
    const [item] = (await own(ada)).body.items
    expect(item).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      at: expect.stringMatching(/Z$/),
      action: 'user.profile_updated',
      by_admin: false,
      ip: expect.stringMatching(/^10\./),
      country: null,
      user_agent: null,
      data: { fields: ['bio'] },
    })
  })

  it('has what an admin did to the user, without the admin’s identity', async () => {
    const more = { actor_id: clerk.id, data: '{"role":"moderator"}' }
    const item = await seen('rbac.role_assigned', more)
    expect(item).toEqual({
      id: expect.any(String),
      at: new Date(NOW).toISOString(),
      action: 'rbac.role_assigned',
      by_admin: true,
      ip: null,
      country: null,
      user_agent: null,
      data: { role: 'moderator' },
    })
  })

  it('has what nobody in particular did to the user, with IP and browser', async () => {
    const item = await seen('user.password_reset_requested', { actor_id: null })
    expect(item).toMatchObject({ by_admin: false, ...HERE })
  })

  it('holds no field of the data that is not listed for the owner', async () => {
    const data =
      '{"note":"suspected of fraud","address":"x","session_ids":["s"],"reason":"revoked"}'
    const item = await seen('auth.sessions_ended', { actor_id: ada.id, data })
    expect(item['data']).toEqual({ session_ids: ['s'], reason: 'revoked' })
  })

  it('omits what the user did to others, and other users’ events', async () => {
    const bob = await makeUser()
    const before = (await own(ada)).body.total
    await logged('rbac.role_assigned', NOW, { actor_id: ada.id, target_id: bob.id })
    await logged('user.profile_updated', NOW, { actor_id: bob.id, target_id: bob.id })
    await logged('auth.sign_in_failed', NOW)
    expect((await own(ada)).body.total).toBe(before)
  })

  it('can be of any name there is', async () => {
    const bob = await signedInUser()
    for (const event of EVENT_NAMES) {
      if (event === 'auth.signed_in' || event === 'auth.sessions_ended') continue
      await logged(event, NOW, { actor_id: bob.id, target_id: bob.id })
    }
    const { body } = await own(bob)
    expect(body.items.length).toBeGreaterThan(20)
    expect(body.items.length).toBe(Math.min(50, body.total))
  })

  it('comes in pages, newest first, to the very first', async () => {
    const bob = await signInByApi()
    for (let n = 0; n < 60; n++)
      await logged('user.profile_updated', NOW + n, { actor_id: bob.id, target_id: bob.id })
    const first = (await own(bob)).body
    const second = (await own(bob, `?cursor=${first.next_cursor}`)).body
    const times = [...first.items, ...second.items].map((item) => item.at)
    expect(times).toEqual(times.toSorted().toReversed())
    expect([first.items.length, second.page, second.next_cursor]).toEqual([50, 2, null])
    expect(second.items.at(-1)?.action).toBe('user.registered')
    const others = (await own(ada, `?cursor=${first.next_cursor}`)).body
    expect(JSON.stringify(others)).not.toContain('rbac.role_deleted')
    for (const id of first.items.map((item: { id: string }) => item.id))
      expect(JSON.stringify(others)).not.toContain(id)
  })

  it('does not pass to another user who gets the same id after a restore', async () => {
    const bob = await signInByApi()
    expect((await own(bob)).body.total).toBeGreaterThan(0)
    await rowsOf(
      'UPDATE users SET subject = ? WHERE id = ?',
      'somebody-else'.padEnd(22, 'x'),
      bob.id,
    )
    const reply = await own(bob)
    expect([reply.status, reply.body.items]).toEqual([200, []])
  })

  it.each(['?cursor=x', '?cursor=', '?cursor=W10'])('refuses %s', async (query) => {
    expect(named(await own(ada, query))).toEqual(['cursor invalid_cursor'])
  })

  it('takes no filter', async () => {
    expect(named(await own(ada, '?target_id=1'))).toEqual(['target_id unknown_field'])
  })
})

describe('what an admin sees of a user', () => {
  const views = () =>
    rowsOf(
      "SELECT target_id FROM audit_log WHERE actor_id = ? AND event = 'admin.user_activity_viewed' ORDER BY id",
      clerk.id,
    )

  it('has everything that happened to the user, with actor and IP, and the read is logged', async () => {
    const bob = await makeUser()
    await logged('rbac.role_assigned', NOW, { actor_id: ada.id, target_id: bob.id, ...HERE })
    const before = (await views()).length
    const { status, body } = await of(bob.id)
    expect(status).toBe(200)
    const assigned = { action: 'rbac.role_assigned', actor_id: ada.id, target_id: bob.id, ...HERE }
    expect(body).toMatchObject({ items: [assigned], total: 1, total_is_exact: true })
    const withViews = (await of(bob.id, '?views=true')).body
    const view = { action: 'admin.user_activity_viewed', actor_id: clerk.id, target_id: bob.id }
    expect(withViews).toMatchObject({ items: [assigned, view, view], total: 3 })
    expect((await views()).slice(before)).toEqual([{ target_id: bob.id }, { target_id: bob.id }])
  })

  it('of nobody is a 404, alike for ids that are gone and ids that never were, and not recorded', async () => {
    const gone = await makeUser()
    await rowsOf('DELETE FROM users WHERE id = ?', gone.id)
    const before = await views()
    const answers = []
    for (const id of [gone.id, 4_000_000_000, 0, -1, 'me', '1e99', '%00']) {
      const { status, body } = await of(id)
      answers.push([status, body.code, body.detail])
    }
    for (const answer of answers) expect(answer).toEqual([404, 'not_found', 'User not found'])
    expect(await views()).toEqual(before)
  })

  it('is for those who hold admin:users, and for nobody else', async () => {
    for (const role of ['user', 'moderator', 'staff-system']) {
      const { token } = await staff(role)
      expect([role, (await of(ada.id, '', token)).status]).toEqual([role, 403])
    }
    expect((await of(ada.id, '', (await staff('admin')).token)).status).toBe(200)
  })

  it('pages by cursor only', async () => {
    expect(named(await of(ada.id, '?cursor=x'))).toEqual(['cursor invalid_cursor'])
    expect(named(await of(ada.id, '?page=2'))).toEqual(['page unknown_field'])
  })
})
