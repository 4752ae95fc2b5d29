import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { outboxRow, stored } from '../../outbox/rows'
import { makeKey } from '../../support/api-keys'
import { makeUser } from '../../support/users'
import { alertOf, flashOf, makeStaffRoles, visitor, type Visit } from './site'

let admin: Visit
let operator: Visit

beforeAll(async () => {
  await makeStaffRoles()
  admin = await visitor('admin')
  operator = await visitor('operator')
})

const said = async (who: Visit, reply: Awaited<ReturnType<Visit['submit']>>) => {
  if (reply.status !== 303) throw new Error(`${reply.status} ${alertOf(reply)}`)
  return flashOf(await who.follow(reply))
}

describe('roles', () => {
  it('are made, shown in the grid, edited and deleted', async () => {
    const fields = {
      name: 'new',
      description: 'Writes <b>articles</b>',
      permissions: ['read:own', 'read:all'],
    }
    const made = await admin.submit('/admin/roles/new', fields)
    expect(await said(admin, made)).toBe('The role new has been created.')
    const grid = await admin.open('/admin/roles')
    expect(grid.body).toContain('/admin/roles/edit/new')
    expect(grid.body).toContain('Writes &lt;b&gt;articles&lt;/b&gt;')
    const edit = await admin.open('/admin/roles/edit/new')
    expect(edit.body).toMatch(/value="read:all" checked/)
    expect(edit.body).not.toMatch(/value="admin:users" checked/)
    const change = { description: 'Reads', permissions: 'read:own' }
    await said(admin, await admin.submit('/admin/roles/edit/new', change))
    expect((await admin.open('/admin/roles/edit/new')).body).not.toMatch(/value="read:all" checked/)
    await said(admin, await admin.submit('/admin/roles/delete/new'))
    expect((await admin.open('/admin/roles/edit/new')).status).toBe(404)
  })

  it('refuse in place what cannot be', async () => {
    const bad = await admin.submit('/admin/roles/new', {
      name: 'Bad Name',
      permissions: 'read:own',
    })
    expect(bad.status).toBe(422)
    expect(bad.body).toContain('value="Bad Name"')
    expect(bad.body).toContain('Use the format described above.')
    expect(bad.body).toMatch(/value="read:own" checked/)
    const taken = await admin.submit('/admin/roles/new', { name: 'user' })
    expect([taken.status, alertOf(taken)]).toEqual([409, 'This name is already taken.'])
    const builtIn = await admin.submit('/admin/roles/delete/moderator')
    expect(builtIn.status).toBe(409)
    const held = await admin.submit('/admin/roles/delete/operator')
    expect([held.status, alertOf(held)]).toEqual([409, 'This is still in use.'])
    const more = { name: 'climber', permissions: 'admin:users' }
    const climbed = await operator.submit('/admin/roles/new', more)
    expect(climbed.status).toBe(403)
    expect(alertOf(climbed)).toContain('don’t have permission')
  })

  it('show the fields of the role again when its edit is refused', async () => {
    const fields = { description: 'Typed', permissions: ['read:own', 'admin:users'] }
    const reply = await operator.submit('/admin/roles/edit/moderator', fields)
    expect(reply.status).toBe(403)
    expect(reply.body).toContain('value="Typed"')
    expect(reply.body).toMatch(/value="admin:users" checked/)
  })

  it('the admin role cannot be edited', async () => {
    expect((await admin.open('/admin/roles/edit/admin')).body).toContain('can’t be edited')
    expect((await admin.submit('/admin/roles/edit/admin', { description: '' })).status).toBe(409)
  })
})

describe('permissions', () => {
  it('are added and deleted; the refusal of one is said where it was asked for', async () => {
    const fields = { name: 'publish:articles', description: 'Publish' }
    await said(admin, await admin.submit('/admin/roles/add-permission', fields))
    const again = await admin.submit('/admin/roles/add-permission', fields)
    expect([again.status, alertOf(again)]).toEqual([409, 'This name is already taken.'])
    expect(again.body).toContain('value="publish:articles"')
    const name = { name: 'publish:articles' }
    await said(admin, await admin.submit('/admin/roles/delete-permission', name))
    expect((await admin.open('/admin/roles')).body).not.toContain('publish:articles</span>')
    const builtIn = await admin.submit('/admin/roles/delete-permission', { name: 'read:own' })
    expect(builtIn.status).toBe(409)
  })
})

describe('the audit log', () => {
  it('is filtered by person, action and day, and leaves out what it cannot read', async () => {
    const person = await makeUser()
    await admin.submit(`/admin/users/${person.id}/give-role`, { role: 'moderator' })
    const query = `target=${person.id}&action=rbac.role_assigned`
    const found = await admin.open(`/admin/audit?${query}`)
    expect(found.body).toContain('1 event')
    expect(found.body).toContain('role: moderator')
    const none = await admin.open(`/admin/audit?${query}&to=2001-01-01`)
    expect(none.body).toContain('No events found')
    const odd = await admin.open('/admin/audit?actor=x&from=%3Cb%3E&action=odd&cursor=%00')
    expect(odd.status).toBe(200)
    expect(odd.body).toContain('were ignored')
    expect(odd.body).not.toContain('<b>')
  })

  it('names who did it and to whom, for those who may look at users, and is numbers for others', async () => {
    const person = await makeUser({ fullName: 'Mary <i>Somerville</i>' })
    await admin.submit(`/admin/users/${person.id}/give-role`, { role: 'moderator' })
    const path = `/admin/audit?target=${person.id}`
    const shown = await admin.open(path)
    expect(shown.body).toContain('Mary &lt;i&gt;Somerville&lt;/i&gt;</a>')
    expect(shown.body).toContain(person.email)
    const byAddress = `/admin/audit?target=${encodeURIComponent(person.email)}`
    expect((await admin.open(byAddress)).body).toContain(`name="target" value="${person.id}"`)
    expect((await operator.open(byAddress)).body).toContain('were ignored')
    const numbers = await operator.open(path)
    expect(numbers.body).toContain(`User ${person.id}`)
    expect(numbers.body).not.toContain('Somerville')
    expect(numbers.body).not.toContain(person.email)
    expect(numbers.body).not.toContain(`href="/admin/users/${person.id}"`)
  })

  it('tells what an API key did from what its maker did without it', async () => {
    const person = await makeUser()
    const key = await makeKey(admin.who, ['admin:users'])
    await key.asks('PATCH', `/admin/users/${person.id}`, { bio: 'x' })
    for (const at of [`/admin/audit?target=${person.id}`, `/admin/users/${person.id}/activity`]) {
      const { body } = await admin.open(at)
      expect(body.match(/with API key [\w-]+/g), at).toEqual([`with API key ${key.id}`])
      expect(body, at).toContain('Grace Hopper')
    }
  })

  it('is downloaded as NDJSON, by the same filter', async () => {
    const person = await makeUser()
    await admin.submit(`/admin/users/${person.id}/give-role`, { role: 'moderator' })
    const fields = { target: String(person.id), action: '', actor: '', from: '', to: '' }
    const reply = await admin.submit('/admin/audit/export', fields)
    expect(reply.headers.get('content-type')).toBe('application/x-ndjson')
    const events = reply.body
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(events.map(({ action }) => action)).toContain('rbac.role_assigned')
    expect(new Set(events.map(({ target_id: id }) => id))).toEqual(new Set([person.id]))
  })
})

describe('the outbox', () => {
  it('shows what was given up, and tries it again', async () => {
    const id = await outboxRow({ dead_at: 1, attempts: 9, last_error: '<i>gone</i>' })
    const listed = await operator.open('/admin/outbox?status=dead')
    expect(listed.body).toContain('&lt;i&gt;gone&lt;/i&gt;')
    const reply = await operator.submit('/admin/outbox/retry', { id, status: 'dead' })
    expect(reply.headers.get('location')).toBe('/admin/outbox?status=dead')
    expect(await said(operator, reply)).toBe('The entry is being retried.')
    expect((await stored(id))?.dead_at ?? null).toBeNull()
    expect((await operator.submit('/admin/outbox/retry', { id: 'x' })).status).toBe(404)
  })

  it('says so when there is nothing', async () => {
    const reply = await operator.open('/admin/outbox?status=parked')
    expect(reply.body).toContain('All clear')
  })
})

describe('the overview', () => {
  it('draws its charts with a table of the same figures', async () => {
    const today = Math.floor(Date.now() / 86_400_000)
    await env.DB.prepare(
      `INSERT INTO daily_logins (day, logins, failures, users) VALUES (?, 4321, 7, 99)
       ON CONFLICT (day) DO UPDATE SET logins = 4321, failures = 7, users = 99`,
    )
      .bind(today)
      .run()
    const { body } = await admin.open('/admin?days=7')
    expect(body).toContain('4,321 successful, 7 failed')
    expect(body).toMatch(/<td class="num">4,321<\/td>/)
    expect(body.match(/<svg[^>]* role="img" aria-label="[^"]+"/g)?.length).toBeGreaterThanOrEqual(1)
    const german = await admin.open('/admin?days=odd', { 'accept-language': 'de' })
    expect(german.status).toBe(200)
  })
})
