import { beforeAll, expect, test } from 'vitest'
import { grantableRoles } from '../../src/rbac/grantable-roles'
import { roleMap } from '../../src/rbac/role-map'
import { depsFor } from '../support/deps'
import { makeRole } from '../support/roles'

beforeAll(async () => {
  await makeRole('support', 'read:own', 'write:own', 'admin:users')
  await makeRole('operator', 'read:own', 'write:own', 'admin:system')
})

async function grantableBy(...names: string[]): Promise<string[]> {
  const deps = depsFor()
  const { roles } = await roleMap(deps)
  const held = [...roles].filter(([, { name }]) => names.includes(name))
  return grantableRoles(deps, { roleIds: held.map(([id]) => id) })
}

test('users may give roles that permit no more than their own, and never admin', async () => {
  expect(await grantableBy('user', 'support')).toEqual(['support', 'user'])
  expect(await grantableBy('user', 'support', 'operator')).toEqual(['operator', 'support', 'user'])
})

test('admins may give every role', async () => {
  const all = await grantableBy('admin')
  expect(all).toEqual(all.toSorted())
  expect(all).toEqual(expect.arrayContaining(['admin', 'moderator', 'operator', 'support', 'user']))
})

test('users without a role may give none that permits anything', async () => {
  expect(await grantableBy()).toEqual([])
})
