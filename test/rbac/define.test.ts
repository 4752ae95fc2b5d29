/** Roles and permissions as data: their names, what they may hold, and who may define them. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, test } from 'vitest'
import { said } from '../support/api'
import { pass, stopClock } from '../support/clock'
import { named } from '../support/named'
import { makeRole } from '../support/roles'
import { makeUser, type SignedInUser, staff } from '../support/users'

stopClock()

let root: SignedInUser
/** May define roles, and is no admin. */
let engineer: SignedInUser
beforeAll(async () => {
  await makeRole('engineer', 'admin:system', 'write:all')
  root = await staff('admin')
  engineer = await staff('engineer')
})

let count = 0
const freshName = () => `role-${(count += 1)}`
/** A moment later, so that events have an order. */
const asks = (who: SignedInUser, ...what: Parameters<SignedInUser['asks']>) => {
  pass(1)
  return who.asks(...what)
}
const create = (body: object, who = root) => asks(who, 'POST', '/admin/roles', body)
const change = (name: string, body: object, who = root) =>
  asks(who, 'PATCH', `/admin/roles/${name}`, body)
const remove = (name: string, who = root) => asks(who, 'DELETE', `/admin/roles/${name}`)
const events = async (name: string) => {
  const { results } = await env.DB.prepare(
    "SELECT event, data FROM audit_log WHERE data ->> 'role' = ?1 OR data ->> 'permission' = ?1 ORDER BY id",
  )
    .bind(name)
    .all<{ event: string; data: string }>()
  return results.map(({ event, data }) => [event, JSON.parse(data)])
}

describe('a role', () => {
  test('is made, read, changed and deleted, each once in the audit log', async () => {
    const name = freshName()
    const made = await create({
      name,
      description: 'Writes',
      permissions: ['write:own', 'read:own'],
    })
    expect(made.status, JSON.stringify(made.body)).toBe(201)
    expect(made.body).toEqual({
      name,
      description: 'Writes',
      built_in: false,
      permissions: ['read:own', 'write:own'],
      created_at: expect.stringMatching(/^\d{4}-.*Z$/),
    })
    expect((await root.asks('GET', `/admin/roles/${name}`)).body).toEqual(made.body)
    const changed = await change(name, { permissions: ['read:all', 'read:all'] })
    expect(changed.body).toEqual({ ...made.body, permissions: ['read:all'] })
    expect((await change(name, { description: 'Reads' })).body).toMatchObject({
      description: 'Reads',
      permissions: ['read:all'],
    })
    expect(said(await remove(name))).toBe('204')
    expect(said(await root.asks('GET', `/admin/roles/${name}`))).toBe('404 not_found')
    const permissions = ['write:own', 'read:own']
    expect(await events(name)).toEqual([
      ['rbac.role_created', { role: name, permissions }],
      ['rbac.role_changed', { role: name, permissions: ['read:all', 'read:all'] }],
      ['rbac.role_changed', { role: name, permissions: null }],
      ['rbac.role_deleted', { role: name }],
    ])
  })

  test('changed by nothing is not changed, and nothing is recorded', async () => {
    const name = freshName()
    await create({ name })
    expect(said(await change(name, {}))).toBe('200')
    expect(said(await change('nobody', {}))).toBe('404 not_found')
    expect(await events(name)).toHaveLength(1)
  })

  test('has a canonical name: no twin of admin by case, look-alike letter or invisible mark', async () => {
    const twins = ['Admin', 'ADMIN', 'аdmin', 'admіn', 'ａdmin', 'admin\u200b', ' admin', 'admin ']
    const others = ['', 'a', '1st', '-x', '_x', 'a b', 'a:b', 'é-role', 'x'.repeat(51), 'a\n', 7]
    for (const name of [...twins, ...others]) {
      expect(said(await create({ name })), JSON.stringify(name)).toBe('422 validation_failed')
    }
    expect(said(await create({ name: 'admin' }))).toBe('409 name_taken')
    expect(said(await create({ name: `x${'y'.repeat(49)}` }))).toBe('201')
  })

  test('keeps its name: nothing renames it', async () => {
    const name = freshName()
    await create({ name })
    expect(named(await change(name, { name: 'admin' }))).toEqual(['name unknown_field'])
  })

  test('made twice is 409, and of two at once one is made', async () => {
    const [name, racing] = [freshName(), freshName()]
    await create({ name })
    expect(said(await create({ name }))).toBe('409 name_taken')
    const replies = await Promise.all([create({ name: racing }), create({ name: racing })])
    expect(replies.map(said).sort()).toEqual(['201', '409 name_taken'])
    expect(await events(racing)).toHaveLength(1)
  })

  test('holds no unknown permission: each one is named', async () => {
    const name = freshName()
    const permissions = ['read:own', 'fly:rockets', 'READ:OWN']
    const unknown = ['permissions.1 unknown_permission', 'permissions.2 unknown_permission']
    expect(named(await create({ name, permissions }))).toEqual(unknown)
    await create({ name })
    expect(named(await change(name, { permissions }))).toEqual(unknown)
  })

  test('stays while somebody holds it, active or not', async () => {
    for (const status of ['active', 'pending', 'deactivated'] as const) {
      const name = freshName()
      await create({ name })
      const ada = await makeUser({ status, roles: [name] })
      expect(said(await remove(name))).toBe('409 in_use')
      await root.asks('DELETE', `/admin/users/${ada.id}/roles/${name}`)
      expect(said(await remove(name))).toBe('204')
    }
  })

  test('that is built in is not deleted, and admin is not edited either', async () => {
    for (const name of ['admin', 'moderator', 'user']) {
      expect(said(await remove(name))).toBe('409 built_in')
    }
    expect(said(await change('admin', { permissions: [] }))).toBe('409 built_in')
    expect(said(await change('admin', { description: 'x' }))).toBe('409 built_in')
    expect(said(await change('moderator', { description: 'Content moderator' }))).toBe('200')
    for (const name of ['nobody', 'Admin', 'аdmin']) {
      expect(said(await change(name, { permissions: [] }))).toBe('404 not_found')
      expect(said(await remove(name))).toBe('404 not_found')
    }
  })
})

describe('nobody grants what they do not hold', () => {
  test('not by making a role', async () => {
    for (const permission of ['admin:users', 'read:all']) {
      const attempt = { name: freshName(), permissions: ['write:all', permission] }
      expect(said(await create(attempt, engineer))).toBe('403 forbidden')
    }
    expect(said(await create({ name: freshName(), permissions: ['write:all'] }, engineer))).toBe(
      '201',
    )
  })

  test('not by editing a role, not even their own', async () => {
    const name = freshName()
    await create({ name, permissions: ['write:all'] })
    for (const role of [name, 'engineer']) {
      const attempt = { permissions: ['admin:system', 'write:all', 'admin:users'] }
      expect(said(await change(role, attempt, engineer))).toBe('403 forbidden')
    }
    expect(said(await change(name, { permissions: ['admin:system'] }, engineer))).toBe('200')
  })

  test('nor do they edit or delete a role that holds more than they do', async () => {
    const name = freshName()
    await create({ name, permissions: ['read:all', 'write:all'] })
    for (const body of [{ permissions: [] }, { description: 'x' }]) {
      expect(said(await change(name, body, engineer))).toBe('403 forbidden')
    }
    expect(said(await remove(name, engineer))).toBe('403 forbidden')
    expect((await root.asks('GET', `/admin/roles/${name}`)).body.permissions).toEqual([
      'read:all',
      'write:all',
    ])
  })
})

describe('a permission', () => {
  const make = (name: unknown) => asks(root, 'POST', '/admin/permissions', { name })
  const drop = (name: string) => asks(root, 'DELETE', `/admin/permissions/${name}`)

  test('is made, held by admins at once and by nobody else, and deleted', async () => {
    const ada = await staff()
    const may = async (who: SignedInUser) =>
      (await who.asks('GET', '/users/permissions/publish:articles')).body.allowed
    expect(await may(root)).toBe(false)
    const made = await make('publish:articles')
    expect([made.status, made.body]).toEqual([
      201,
      { name: 'publish:articles', description: '', built_in: false },
    ])
    expect([await may(root), await may(ada)]).toEqual([true, false])
    const { items } = (await root.asks('GET', '/admin/permissions')).body
    expect(items).toContainEqual(made.body)
    expect(said(await drop('publish:articles'))).toBe('204')
    expect(await may(root)).toBe(false)
    expect(said(await drop('publish:articles'))).toBe('404 not_found')
    expect((await events('publish:articles')).map(([event]) => event)).toEqual([
      'rbac.permission_created',
      'rbac.permission_deleted',
    ])
  })

  test('has a canonical name of two parts', async () => {
    const wrong = ['read', 'read:', ':own', 'Read:own', 'réad:own', 'read:own:x', 'read own:x', '']
    for (const name of [...wrong, `a:${'b'.repeat(99)}`, 7]) {
      expect(said(await make(name)), JSON.stringify(name)).toBe('422 validation_failed')
    }
    expect(said(await make('admin:users'))).toBe('409 name_taken')
  })

  test('stays while a role carries it, and when it is built in', async () => {
    const name = freshName()
    await make('edit:maps')
    await create({ name, permissions: ['edit:maps'] })
    expect(said(await drop('edit:maps'))).toBe('409 in_use')
    await change(name, { permissions: [] })
    expect(said(await drop('edit:maps'))).toBe('204')
    expect(said(await drop('admin:users'))).toBe('409 built_in')
  })
})
