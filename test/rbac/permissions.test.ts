/** The pure questions about roles, and how old the map may be that they are asked of. */
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import worker from '../../src/index'
import { hasPermission, permissionsOf, type RoleMap, roleNames } from '../../src/rbac/permissions'
import { freshIp } from '../support/api'
import { pass, SECOND, stopClock } from '../support/clock'
import { type SignedInUser, staff } from '../support/users'
import { session } from '../support/users-by-api'

const ALL = ['admin:users', 'read:all', 'read:own', 'write:own']
const MAP: RoleMap = {
  roles: new Map([
    [1, { name: 'user', permissions: new Set(['read:own', 'write:own']) }],
    [2, { name: 'admin', permissions: new Set<string>() }],
    [3, { name: 'moderator', permissions: new Set(['read:own', 'read:all']) }],
    [4, { name: 'empty', permissions: new Set<string>() }],
  ]),
  allPermissions: new Set(ALL),
}

describe('hasPermission', () => {
  test('asks every role that is held', () => {
    expect(hasPermission(MAP, [1], 'read:own')).toBe(true)
    expect(hasPermission(MAP, [1], 'read:all')).toBe(false)
    expect(hasPermission(MAP, [1, 3], 'read:all')).toBe(true)
    expect(hasPermission(MAP, [4], 'read:own')).toBe(false)
  })

  test('the role admin has all there are, and no unknown one', () => {
    for (const permission of ALL) expect(hasPermission(MAP, [2], permission)).toBe(true)
    expect(hasPermission(MAP, [2], 'fly:rockets')).toBe(false)
  })

  test('no role, a role that is gone, and odd names hold nothing', () => {
    expect(hasPermission(MAP, [], 'read:own')).toBe(false)
    expect(hasPermission(MAP, [99], 'read:own')).toBe(false)
    for (const odd of ['', 'READ:OWN', ' read:own', 'constructor', '__proto__', 'toString']) {
      expect(hasPermission(MAP, [1, 2, 3, 4], odd)).toBe(false)
    }
  })

  test('a permission that was deleted is held by nobody, whatever a role still says', () => {
    const map = { ...MAP, allPermissions: new Set(['read:own']) }
    expect(hasPermission(map, [2, 3], 'read:all')).toBe(false)
  })
})

const names = fc.constantFrom(...ALL)
const roleMaps = fc
  .array(fc.tuple(fc.constantFrom('user', 'admin', 'a', 'b', 'c'), fc.uniqueArray(names)), {
    maxLength: 6,
  })
  .map((roles): RoleMap => ({
    roles: new Map(
      roles.map(([name, permissions], i) => [i + 1, { name, permissions: new Set(permissions) }]),
    ),
    allPermissions: new Set(ALL),
  }))
const ids = fc.uniqueArray(fc.integer({ min: 0, max: 8 }))

describe('whatever the roles', () => {
  test('hasPermission and permissionsOf tell one story', () => {
    fc.assert(
      fc.property(roleMaps, ids, names, (map, held, permission) => {
        expect(hasPermission(map, held, permission)).toBe(
          permissionsOf(map, held).includes(permission),
        )
      }),
    )
  })

  test('one more role never takes a permission away, and order never matters', () => {
    fc.assert(
      fc.property(roleMaps, ids, fc.integer({ min: 0, max: 8 }), (map, held, more) => {
        const before = permissionsOf(map, held)
        const after = new Set(permissionsOf(map, [...held, more]))
        expect(before.every((permission) => after.has(permission))).toBe(true)
        expect(permissionsOf(map, held.toReversed())).toEqual(before)
        expect(roleNames(map, held.toReversed())).toEqual(roleNames(map, held))
      }),
    )
  })

  test('what is held is held by one of the roles alone', () => {
    fc.assert(
      fc.property(roleMaps, ids, names, (map, held, permission) => {
        expect(hasPermission(map, held, permission)).toBe(
          held.some((id) => hasPermission(map, [id], permission)),
        )
      }),
    )
  })
})

stopClock()

let root: SignedInUser
beforeAll(async () => {
  root = await staff('admin')
})

let count = 0
const freshName = () => `role-${(count += 1)}`
const create = (body: object) => root.asks('POST', '/admin/roles', body)
const change = (name: string, body: object) => root.asks('PATCH', `/admin/roles/${name}`, body)
const give = (id: number, role: string) => root.asks('POST', `/admin/users/${id}/roles`, { role })

describe('what a role permits', () => {
  /** Another isolate: an environment of its own, so that nothing is remembered in common. */
  const elsewhere = () => {
    const other = { ...env }
    return async (who: SignedInUser) => {
      const request = new Request('http://localhost:8787/api/v1/auth/session', {
        headers: { authorization: `Bearer ${who.token}`, 'cf-connecting-ip': freshIp() },
      })
      const ctx = createExecutionContext()
      const response = await worker.fetch(request as never, other, ctx)
      const { user } = (await response.json()) as { user: { permissions: string[] } }
      await waitOnExecutionContext(ctx)
      return user.permissions
    }
  }

  test('changes here at once, and everywhere else within five seconds', async () => {
    const [name, ada, there] = [freshName(), await staff(), elsewhere()]
    await create({ name, permissions: ['read:all', 'write:all'] })
    await give(ada.id, name)
    expect(await there(ada)).toContain('read:all')
    await change(name, { permissions: ['write:all'] })
    expect((await session(ada.token)).body.user.permissions).not.toContain('read:all')
    pass(5 * SECOND)
    expect(await there(ada)).not.toContain('read:all')
  })

  test('is read anew behind the answer when it is four seconds old', async () => {
    const [name, ada, there] = [freshName(), await staff(), elsewhere()]
    await create({ name, permissions: ['read:all'] })
    await give(ada.id, name)
    expect(await there(ada)).toContain('read:all')
    await change(name, { permissions: [] })
    pass(4 * SECOND)
    await there(ada)
    expect(await there(ada)).not.toContain('read:all')
  })

  test('a role taken from somebody is gone everywhere at once, however old the map', async () => {
    const [ada, there] = [await staff('moderator'), elsewhere()]
    expect(await there(ada)).toContain('read:all')
    await root.asks('DELETE', `/admin/users/${ada.id}/roles/moderator`)
    expect(await there(ada)).not.toContain('read:all')
  })
})
