/** A key, or a stolen session, makes nobody in silence who outlives it. */
import { beforeAll, describe, expect, test } from 'vitest'
import { rowsOf } from '../db/rows'
import { type Reply, said, send } from '../support/api'
import { type Key, makeKey } from '../support/api-keys'
import { stopClock } from '../support/clock'
import { mailsTo, mailTo } from '../support/mailbox'
import { makeRole } from '../support/roles'
import { freshEmail, makeUser, type SignedInUser, staff } from '../support/users'

stopClock()

const HASH = '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy'
const USERS = '/admin/users'

let root: SignedInUser
let key: Key
beforeAll(async () => {
  await makeRole('support', 'admin:users')
  await makeRole('reader', 'read:own')
  root = await staff('admin')
  key = await makeKey(root, ['admin:users', 'admin:system', 'read:own'])
})

const importBy = ({ token }: { token: string }, ...lines: object[]): Promise<Reply> =>
  send('/api/v1/admin/import', {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' },
    body: lines.map((line) => JSON.stringify(line)).join('\n'),
  })
const line = (more: object = {}) => ({ email: freshEmail(), full_name: 'Ada Lovelace', ...more })

describe('an import by a key', () => {
  test('takes of a line with roles neither a hash nor a verified address, and the other lines', async () => {
    const refused = [
      line({ roles: ['support'], hashed_password: HASH }),
      line({ roles: ['support'], email_verified: true }),
      line({ roles: ['user', 'reader'], hashed_password: HASH, email_verified: true }),
    ]
    const taken = [
      line({ roles: ['support'] }),
      line({ roles: ['support'], hashed_password: null, email_verified: false }),
      line({ hashed_password: HASH, email_verified: true }),
      line({ roles: [], hashed_password: HASH }),
      line({ roles: ['user'], hashed_password: HASH, email_verified: true }),
    ]
    const { status, body } = await importBy(key, ...refused, ...taken)
    expect([status, body.imported, body.skipped]).toEqual([200, taken.length, 0])
    expect(body.errors.map(({ line: n, path, code }: any) => `${n} ${path} ${code}`)).toEqual([
      '1 hashed_password not_by_key',
      '2 email_verified not_by_key',
      '3 hashed_password not_by_key',
      '3 email_verified not_by_key',
    ])
    for (const { email } of refused) {
      expect(await rowsOf('SELECT 1 FROM users WHERE email = ?', email)).toEqual([])
    }
  })

  test('is another than one by a session, which takes them all', async () => {
    const all = line({ roles: ['support'], hashed_password: HASH, email_verified: true })
    const { body } = await importBy(root, all)
    expect([body.imported, body.errors]).toEqual([1, []])
  })
})

test('a key moves no address of a user who may administer, and everybody else’s', async () => {
  const [helper, bob] = [await makeUser({ roles: ['support'] }), await makeUser()]
  const move = () => ({ email: freshEmail() })
  const refused = await key.asks('PATCH', `${USERS}/${helper.id}`, move())
  expect([said(refused), refused.body.detail]).toEqual([
    '403 forbidden',
    'An API key cannot change the address of an administrator',
  ])
  expect((await key.asks('PATCH', `${USERS}/${helper.id}`, { bio: 'x' })).status).toBe(200)
  expect((await key.asks('PATCH', `${USERS}/${bob.id}`, move())).status).toBe(200)
  expect((await root.asks('PATCH', `${USERS}/${helper.id}`, move())).status).toBe(200)
})

describe('a key takes no administrator rights away, not for the moment that an address takes to move', () => {
  const REFUSED = 'An API key cannot remove administrator permissions'

  test('by a role that it takes from a user', async () => {
    const helper = await makeUser({ roles: ['support', 'reader'] })
    const path = `${USERS}/${helper.id}/roles`
    const refused = await key.asks('DELETE', `${path}/support`)
    expect([said(refused), refused.body.detail]).toEqual(['403 forbidden', REFUSED])
    const move = await key.asks('PATCH', `${USERS}/${helper.id}`, { email: freshEmail() })
    expect(said(move)).toBe('403 forbidden')
    expect((await key.asks('DELETE', `${path}/reader`)).status).toBe(204)
    expect((await root.asks('DELETE', `${path}/support`)).status).toBe(204)
    // There is nothing left to take.
    expect((await key.asks('DELETE', `${path}/support`)).status).toBe(204)
  })

  test('by what a role permits', async () => {
    const make = { name: 'clerk', permissions: ['admin:users', 'read:own'] }
    await root.asks('POST', '/admin/roles', make)
    const change = (by: Key | SignedInUser, permissions: string[]) =>
      by.asks('PATCH', '/admin/roles/clerk', { permissions })
    const refused = await change(key, ['read:own'])
    expect([said(refused), refused.body.detail]).toEqual(['403 forbidden', REFUSED])
    expect(said(await change(key, ['admin:system', 'read:own']))).toBe('403 forbidden')
    expect((await change(key, ['admin:users'])).status).toBe(200)
    expect((await change(key, ['admin:users', 'admin:system'])).status).toBe(200)
    expect((await change(root, ['read:own'])).status).toBe(200)
  })
})

describe('giving administrator rights is mailed to the user in whose name it is done', () => {
  const SUBJECT = 'Administrator rights were granted at Gatehouse'
  const told = (admin: SignedInUser) =>
    mailsTo(admin.email).filter(({ subject }) => subject === SUBJECT)

  const GRANTS: Record<string, (by: Key | SignedInUser, role: string) => Promise<Reply>> = {
    'by a role': async (by, role) =>
      by.asks('POST', `${USERS}/${(await makeUser()).id}/roles`, { role }),
    'by an invitation': (by, role) =>
      by.asks('POST', USERS, { email: freshEmail(), full_name: 'Ada Lovelace', roles: [role] }),
    'by an import': (by, role) => importBy(by, line({ roles: [role] }), line({ roles: [role] })),
  }

  test.each(Object.entries(GRANTS))('%s, of a session and of a key, once', async (_, grant) => {
    const admin = await staff('admin')
    const own = await makeKey(admin, ['admin:users', 'admin:system', 'read:own'])
    await mailTo(admin.email)
    expect((await grant(admin, 'support')).status).toBeLessThan(300)
    const bySession = await mailTo(admin.email, 2)
    expect(bySession.subject).toBe(SUBJECT)
    expect(bySession.text).toContain('Granted: support.')
    expect(bySession.text).not.toContain('API key ')
    expect((await grant(own, 'support')).status).toBeLessThan(300)
    expect((await mailTo(admin.email, 3)).text).toContain(`With your API key ${own.id}.`)
    expect((await grant(admin, 'admin')).status).toBeLessThan(300)
    expect((await mailTo(admin.email, 4)).text).toContain('Granted: admin.')
    expect((await grant(admin, 'reader')).status).toBeLessThan(300)
    await makeKey(admin)
    await mailTo(admin.email, 5)
    expect(told(admin)).toHaveLength(3)
  })

  test('by a role that is defined with them', async () => {
    const admin = await staff('admin')
    await admin.asks('POST', '/admin/roles', { name: 'desk', permissions: ['admin:users'] })
    expect((await mailTo(admin.email)).text).toContain('Granted: admin:users.')
    await admin.asks('POST', '/admin/roles', { name: 'quiet', permissions: ['read:own'] })
    await admin.asks('PATCH', '/admin/roles/quiet', { permissions: ['admin:system', 'read:own'] })
    expect((await mailTo(admin.email, 2)).text).toContain('Granted: admin:system.')
    await admin.asks('PATCH', '/admin/roles/quiet', { description: 'x' })
    await makeKey(admin)
    await mailTo(admin.email, 3)
    expect(told(admin)).toHaveLength(2)
  })

  test('by the activation of an account that holds them', async () => {
    const admin = await staff('admin')
    const own = await makeKey(admin, ['admin:users'])
    await mailTo(admin.email)
    const activate = async (by: Key | SignedInUser, role: string) => {
      const { id } = await makeUser({ roles: [role], status: 'deactivated' })
      const status = () => by.asks('PUT', `${USERS}/${id}/status`, { is_active: true })
      expect((await status()).status).toBe(200)
      expect((await status()).status).toBe(200)
      return id
    }
    const id = await activate(own, 'support')
    const { subject, text } = await mailTo(admin.email, 2)
    expect(subject).toBe(SUBJECT)
    for (const words of [
      'Granted: support.',
      `To the user with ID ${id}.`,
      'Reason: the account was activated.',
      `With your API key ${own.id}.`,
    ]) {
      expect(text).toContain(words)
    }
    await activate(admin, 'support')
    await mailTo(admin.email, 3)
    await activate(admin, 'moderator')
    await makeKey(admin)
    await mailTo(admin.email, 4)
    expect(told(admin)).toHaveLength(2)
  })

  test('but not when nothing was granted', async () => {
    const admin = await staff('admin')
    const bob = await makeUser({ roles: ['support'] })
    const held = await admin.asks('POST', `${USERS}/${bob.id}/roles`, { role: 'support' })
    expect(held.status).toBe(200)
    const there = { ...line({ roles: ['support'] }), email: bob.email }
    expect((await importBy(admin, there)).body.imported).toBe(0)
    await makeKey(admin)
    await mailTo(admin.email)
    expect(told(admin)).toEqual([])
  })
})
