import { beforeAll, describe, expect, it } from 'vitest'
import { adminPages } from '../../../src/pages/pages'
import { send } from '../../support/api'
import { makeApp, makeResource } from '../../support/apps'
import { makeUser } from '../../support/users'
import { FOREIGN, makeStaffRoles, OWN, visitor, type Visit } from './site'

let admin: Visit
let support: Visit
let operator: Visit
let target: { id: number }
let client = ''
let resource = ''

beforeAll(async () => {
  await makeStaffRoles()
  admin = await visitor('admin')
  support = await visitor('support')
  operator = await visitor('operator')
  target = await makeUser()
  client = (await makeApp()).clientId
  resource = (await makeResource()).id
})

const nameIn = (path: string): string => {
  if (path.startsWith('/admin/apps/resources')) return resource
  return path.startsWith('/admin/apps') ? client : 'moderator'
}
/** The addresses of the console, with somebody's id and the name of a role or an app in them. */
const addresses = adminPages.map((page) => ({
  ...page,
  address: () => page.path.replace(':id', String(target.id)).replace(':name', nameIn(page.path)),
}))
const permissionsOf = ({ access }: (typeof addresses)[number]) => {
  if (typeof access !== 'object' || 'requiredActions' in access) return [String(access)]
  return 'anyOf' in access ? access.anyOf : [access.permission]
}

describe('every page of the console', () => {
  it('asks for a permission of admins', () => {
    for (const name of addresses.flatMap(permissionsOf)) {
      expect(name).toMatch(/^admin:(users|system)$/)
    }
  })

  it('leads strangers to the sign-in and back', async () => {
    for (const { path, address } of addresses) {
      const reply = await send(address(), { redirect: 'manual' })
      expect(reply.status, path).toBe(303)
      expect(reply.headers.get('location'), path).toBe(
        `/sign-in?next=${encodeURIComponent(address())}`,
      )
    }
  })

  it('is refused to users and moderators, in words and with the request id', async () => {
    for (const roles of [[], ['moderator']]) {
      const person = await visitor(...roles)
      for (const { path, address } of addresses) {
        const reply = await person.open(address())
        expect(reply.status, path).toBe(403)
        expect(reply.body, path).toContain(reply.headers.get('x-request-id'))
        expect(reply.body, path).not.toContain('/assets/admin.css')
      }
    }
  })

  it('opens to those who hold its permission, and to nobody by half', async () => {
    for (const each of addresses) {
      const holders = { 'admin:users': support, 'admin:system': operator }
      for (const [name, holder] of Object.entries(holders)) {
        const expected = permissionsOf(each).includes(name) ? [200, 303] : [403]
        expect(expected, each.path).toContain((await holder.open(each.address())).status)
      }
      expect([200, 303], each.path).toContain((await admin.open(each.address())).status)
    }
  })

  it('shows support the links that they may follow, and an admin all', async () => {
    const links = ({ body }: { body: string }) =>
      [...body.matchAll(/<a href="(\/admin[^"?]*)"[^>]*>/g)].map(([, href]) => href)
    const system = ['/admin/roles', '/admin/audit', '/admin/outbox', '/admin/import']
    const ofSupport = links(await support.open('/admin'))
    expect(ofSupport).toContain('/admin/users')
    for (const href of system) expect(ofSupport).not.toContain(href)
    expect(links(await admin.open('/admin'))).toEqual(expect.arrayContaining(system))
  })
})

it('the console is linked for whoever may open any page of it, and opens at the first of those', async () => {
  const account = await operator.open('/account')
  expect(account.body).toContain('<a href="/admin"')
  const door = await operator.open('/admin')
  expect([door.status, door.headers.get('location')]).toEqual([303, '/admin/roles'])
  expect((await operator.open('/admin/roles')).body).not.toContain('"/admin/users"')
  expect((await (await visitor('moderator')).open('/account')).body).not.toContain('href="/admin"')
})

describe('a POST to the console', () => {
  const posts = addresses.filter(({ post }) => post)

  it('is refused from another site, whatever it would do', async () => {
    for (const { path, address } of posts) {
      for (const headers of FOREIGN) {
        const reply = await admin.submit(address(), {}, headers)
        expect(reply.status, `${path} ${JSON.stringify(headers)}`).toBe(403)
        expect(reply.body).toContain('another site')
      }
    }
  })

  it('is refused without the permission, before its fields are read', async () => {
    const user = await visitor()
    for (const { path, address } of posts) {
      for (const headers of OWN) {
        const reply = await user.submit(address(), { nonsense: 'x' }, headers)
        expect(reply.status, path).toBe(403)
      }
    }
  })
})

it('every page is kept out of caches and frames, and runs only scripts of its own', async () => {
  for (const { path, address } of addresses) {
    const reply = await admin.open(address())
    if (reply.status !== 200) continue
    expect(reply.headers.get('cache-control'), path).toBe('no-store')
    const policy = reply.headers.get('content-security-policy') ?? ''
    expect(policy, path).toContain("default-src 'none'")
    expect(policy, path).not.toContain('unsafe')
    expect(reply.body, path).not.toMatch(/ on[a-z]+="| style="|<script(?![^>]*nonce=)/)
  }
})
