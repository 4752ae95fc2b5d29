/** An active admin remains, whatever is tried and by whatever route. */
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, test } from 'vitest'
import { said } from '../support/api'
import { onlyAdmins } from '../support/roles'
import { makeUser, PASSWORD, type SignedInUser, staff } from '../support/users'
import { session } from '../support/users-by-api'

let root: SignedInUser
beforeEach(async () => {
  root = await staff('admin')
  await onlyAdmins(root.id)
})

/** Each of the ways an admin could stop being one. */
const WAYS: Record<
  string,
  (who: SignedInUser, target: { id: number }) => ReturnType<SignedInUser['asks']>
> = {
  deactivated: (who, { id }) => who.asks('PUT', `/admin/users/${id}/status`, { is_active: false }),
  demoted: (who, { id }) => who.asks('DELETE', `/admin/users/${id}/roles/admin`),
  deleted: (who, { id }) => who.asks('DELETE', `/admin/users/${id}`),
}
const ways = Object.entries(WAYS)

const activeAdmins = async () => {
  const { results } = await env.DB.prepare(
    `SELECT users.id FROM users JOIN user_roles ON user_id = users.id JOIN roles ON roles.id = role_id
     WHERE roles.name = 'admin' AND status = 'active'`,
  ).all<{ id: number }>()
  return results.map(({ id }) => id)
}

describe.each(ways)('the last active admin, %s', (_, way) => {
  test('is 409 last_admin, and nothing has changed', async () => {
    expect(said(await way(root, root))).toBe('409 last_admin')
    expect(await activeAdmins()).toEqual([root.id])
    expect((await session(root.token)).body.user.roles).toEqual(['admin', 'user'])
  })

  test('is not saved by an admin who is deactivated or has never been active', async () => {
    await makeUser({ roles: ['admin'], status: 'deactivated' })
    await makeUser({ roles: ['admin'], status: 'pending' })
    expect(said(await way(root, root))).toBe('409 last_admin')
  })

  test('may go once there is another', async () => {
    const other = await makeUser({ roles: ['admin'] })
    expect((await way(root, root)).status).toBeLessThan(300)
    expect(await activeAdmins()).toEqual([other.id])
  })
})

test('the last active admin cannot erase their own account', async () => {
  const erase = () => root.asks('DELETE', '/users/account', { password: PASSWORD })
  expect(said(await erase())).toBe('409 last_admin')
  expect(await activeAdmins()).toEqual([root.id])
  const other = await makeUser({ roles: ['admin'] })
  expect(said(await erase())).toBe('202')
  expect(await activeAdmins()).toEqual([other.id])
})

test.each(ways)('an admin who is not active may be %s although one is left', async (_, way) => {
  for (const status of ['deactivated', 'pending'] as const) {
    const other = await makeUser({ roles: ['admin'], status })
    expect((await way(root, other)).status).toBeLessThan(300)
  }
  expect(await activeAdmins()).toEqual([root.id])
})

test('of three, two may go', async () => {
  const others = [await staff('admin'), await staff('admin')]
  for (const other of others) expect((await WAYS['demoted']?.(root, other))?.status).toBe(204)
  expect(said(await root.asks('DELETE', `/admin/users/${root.id}/roles/admin`))).toBe(
    '409 last_admin',
  )
})
