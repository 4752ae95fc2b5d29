/** Giving and taking roles: idempotent, recorded, and felt by the next request. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, test } from 'vitest'
import { said } from '../support/api'
import { eventsAbout, makeUser, type SignedInUser, signIn, staff } from '../support/users'
import { session } from '../support/users-by-api'

let root: SignedInUser
beforeAll(async () => {
  root = await staff('admin')
})

const give = (id: number, role: string, who = root) =>
  who.asks('POST', `/admin/users/${id}/roles`, { role })
const take = (id: number, role: string, who = root) =>
  who.asks('DELETE', `/admin/users/${id}/roles/${role}`)
const permissionsIn = async (who: SignedInUser) => (await session(who.token)).body.user.permissions

const grants = async (id: number) => {
  const { results } = await env.DB.prepare(
    `SELECT roles.name AS role, assigned_by AS "by" FROM user_roles
     JOIN roles ON roles.id = role_id WHERE user_id = ? ORDER BY 1`,
  )
    .bind(id)
    .all()
  return results
}

describe('giving a role', () => {
  test('reaches a live session at the next request, and taking it leaves at the next', async () => {
    const ada = await staff()
    expect(await permissionsIn(ada)).toEqual(['read:own', 'write:own'])
    const given = await give(ada.id, 'moderator')
    expect([given.status, given.body.roles]).toEqual([200, ['moderator', 'user']])
    expect(await permissionsIn(ada)).toEqual(['read:all', 'read:own', 'write:own'])
    expect(said(await take(ada.id, 'moderator'))).toBe('204')
    expect(await permissionsIn(ada)).toEqual(['read:own', 'write:own'])
  })

  test('admin opens the admin routes at once, and taking it shuts them at once', async () => {
    const ada = await staff()
    const asks = () => ada.asks('GET', `/admin/users/${ada.id}`)
    expect(said(await asks())).toBe('403 forbidden')
    await give(ada.id, 'admin')
    expect(said(await asks())).toBe('200')
    await take(ada.id, 'admin')
    expect(said(await asks())).toBe('403 forbidden')
  })

  test('shows who gave it and when, and twice changes and records nothing', async () => {
    const ada = await makeUser()
    const other = await staff('admin')
    const before = Date.now()
    await give(ada.id, 'moderator')
    const version = () =>
      env.DB.prepare('SELECT auth_version FROM users WHERE id = ?').bind(ada.id).first()
    const after = await version()
    const again = await give(ada.id, 'moderator', other)
    expect([again.status, again.body.roles]).toEqual([200, ['moderator', 'user']])
    const [item] = again.body.items
    expect(item).toEqual({
      name: 'moderator',
      description: 'Content moderator',
      assigned_at: expect.any(String),
      assigned_by: root.id,
    })
    expect(Date.parse(item.assigned_at)).toBeGreaterThanOrEqual(before)
    expect(await version()).toEqual(after)
    expect(await eventsAbout(ada.id)).toEqual(['rbac.role_assigned'])
  })

  test('outlives the giver: once they are erased, assigned_by is null and the role stays', async () => {
    const [ada, giver] = [await makeUser(), await staff('admin')]
    await give(ada.id, 'moderator', giver)
    expect(await grants(ada.id)).toContainEqual({ role: 'moderator', by: giver.id })
    expect(said(await root.asks('DELETE', `/admin/users/${giver.id}`))).toBe('202')
    expect(await grants(ada.id)).toEqual([
      { role: 'moderator', by: null },
      { role: 'user', by: null },
    ])
    const held = await root.asks('GET', `/admin/users/${ada.id}/roles`)
    expect(held.body.items[0]).toMatchObject({ name: 'moderator', assigned_by: null })
  })
})

describe('taking a role', () => {
  test('that is not held answers alike and records nothing', async () => {
    const ada = await makeUser()
    expect(said(await take(ada.id, 'moderator'))).toBe('204')
    expect(await eventsAbout(ada.id)).toEqual([])
  })

  test('may take the user’s last one, and they can still sign in', async () => {
    const ada = await makeUser()
    await take(ada.id, 'user')
    const signedIn = await signIn(ada)
    expect((await session(signedIn.token)).body.user).toEqual({
      id: ada.id,
      roles: [],
      permissions: [],
    })
  })

  test('revokes no session', async () => {
    const ada = await staff('moderator')
    await take(ada.id, 'moderator')
    expect((await session(ada.token)).body.session.id).toBe(ada.sessionId)
  })
})

test('an unknown role is 404, to give and to take, and so are look-alikes of one', async () => {
  const ada = await makeUser()
  for (const role of ['nobody', 'Admin', 'ADMIN', 'аdmin', 'admin ', 'adm%69n', '__proto__']) {
    const given = await give(ada.id, role)
    expect([given.status, given.body.detail], role).toEqual([404, 'Role not found'])
    const taken = await take(ada.id, encodeURIComponent(role))
    expect([taken.status, taken.body.detail], role).toEqual([404, 'Role not found'])
  }
  expect(await grants(ada.id)).toEqual([{ role: 'user', by: null }])
})

test('a body without a role, with two, or with more is 422', async () => {
  const ada = await makeUser()
  const path = `/admin/users/${ada.id}/roles`
  for (const body of [{}, { role: '' }, { role: ['admin', 'user'] }, { role: 'user', by: 1 }]) {
    expect(said(await root.asks('POST', path, body))).toBe('422 validation_failed')
  }
})

test('the roles are known to the role map, so `permissions/{name}` answers for them', async () => {
  const ada = await staff()
  const may = async (name: string) =>
    (await ada.asks('GET', `/users/permissions/${name}`)).body.allowed
  expect([await may('read:own'), await may('admin:users'), await may('fly')]).toEqual([
    true,
    false,
    false,
  ])
  await give(ada.id, 'admin')
  expect([await may('admin:users'), await may('fly')]).toEqual([true, false])
  expect((await ada.asks('GET', '/users/permissions')).body).toEqual({
    roles: ['admin', 'user'],
    permissions: [
      'admin:system',
      'admin:users',
      'forward:client',
      'read:all',
      'read:own',
      'write:all',
      'write:own',
    ],
  })
})
