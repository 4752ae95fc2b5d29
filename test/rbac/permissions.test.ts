/** The pure questions, apart from any request. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hasPermission, permissionsOf, type RoleMap, roleNames } from '../../src/rbac/permissions'

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
