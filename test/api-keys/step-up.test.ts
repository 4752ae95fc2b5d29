/** Creating or redirecting what outlives a session takes a recent proof, as strong as the account can give. */
import { beforeEach, describe, expect, test } from 'vitest'
import { rowsOf } from '../db/rows'
import { call, said, send } from '../support/api'
import { makeKey } from '../support/api-keys'
import { pass, STEP_UP_MS, stopClock } from '../support/clock'
import { justBefore } from '../support/lost-account-state'
import { mailsTo, mailTo } from '../support/mailbox'
import { named } from '../support/named'
import { freshCode, userWithSecondFactor } from '../support/second-factor'
import { wrongCode } from '../support/totp'
import { PASSWORD, type SignedInUser, staff } from '../support/users'

stopClock()

const KEY = { name: 'Billing', permissions: ['read:all'] }
const HOOK = { url: 'https://hooks.example.com/path', events: null }
const URL_ONLY = { url: 'https://other.example.com/path' }

let root: SignedInUser
beforeEach(async () => {
  root = await staff('admin')
})
/** Nobody may have more than twenty. */
beforeEach(() => rowsOf('DELETE FROM webhooks'))

const hookOf = async (admin: Pick<SignedInUser, 'asks'>): Promise<string> =>
  (await admin.asks('POST', '/admin/webhooks', { ...HOOK, password: PASSWORD })).body.id

/** Everything that keys and endpoints are, and what was told of them. */
const dump = async () => [
  await rowsOf('SELECT id, revoked_at FROM api_keys'),
  await rowsOf('SELECT id, url, secret FROM webhooks'),
  await rowsOf("SELECT id FROM audit_log WHERE event GLOB 'api_key*' OR event GLOB 'webhook*'"),
]

interface Act {
  method: string
  path: string
  body: Record<string, unknown>
  done: number
}
const ACTS: Record<string, (admin: Pick<SignedInUser, 'asks'>) => Promise<Act>> = {
  'making a key': async () => ({
    method: 'POST',
    path: '/admin/api-keys',
    body: KEY,
    done: 201,
  }),
  'making a webhook': async () => ({
    method: 'POST',
    path: '/admin/webhooks',
    body: HOOK,
    done: 201,
  }),
  'sending events elsewhere': async (admin) => ({
    method: 'PATCH',
    path: `/admin/webhooks/${await hookOf(admin)}`,
    body: URL_ONLY,
    done: 200,
  }),
  'a new secret': async (admin) => ({
    method: 'POST',
    path: `/admin/webhooks/${await hookOf(admin)}/rotate-secret`,
    body: {},
    done: 200,
  }),
}

describe.each(Object.entries(ACTS))('%s', (_, make) => {
  test('takes a recent sign-in as a proof', async () => {
    const { method, path, body, done } = await make(root)
    expect((await root.asks(method, path, body)).status).toBe(done)
  })

  test('asks for the password, and changes nothing without the right one', async () => {
    const { method, path, body, done } = await make(root)
    pass(STEP_UP_MS)
    const before = await dump()
    expect(said(await root.asks(method, path, body))).toBe('403 step_up_required')
    const wrong = { ...body, password: 'Wrong-Horse-7' }
    expect(said(await root.asks(method, path, wrong))).toBe('400 incorrect_password')
    expect(await dump()).toEqual(before)
    expect((await root.asks(method, path, { ...body, password: PASSWORD })).status).toBe(done)
  })

  test('asks for the code where the second factor is on', async () => {
    const ada = await userWithSecondFactor()
    await root.asks('POST', `/admin/users/${ada.id}/roles`, { role: 'admin' })
    const asks = (method: string, path: string, sent?: unknown) =>
      call(method, `/api/v1${path}`, sent, { token: ada.token })
    const { method, path, body, done } = await make(root)
    pass(STEP_UP_MS)
    const before = await dump()
    const right = { ...body, password: PASSWORD }
    expect(named(await asks(method, path, right))).toEqual(['code required'])
    const wrong = { ...right, code: await wrongCode(ada.secret) }
    expect(said(await asks(method, path, wrong))).toBe('400 invalid_2fa_code')
    expect(await dump()).toEqual(before)
    const code = await freshCode(ada)
    expect((await asks(method, path, { ...right, code })).status).toBe(done)
    const again = await asks(method, path, { ...right, code })
    expect(said(again)).toBe('400 invalid_2fa_code')
  })

  test('comes too late when the password was changed between the proof and the batch', async () => {
    const admin = await staff('admin')
    const { method, path, body } = await make(admin)
    const before = await dump()
    const change = () =>
      rowsOf('UPDATE users SET credential_version = credential_version + 1 WHERE id = ?', admin.id)
    const sent = { ...body, password: PASSWORD }
    const reply = await justBefore(change, admin.token, { method, path, body: sent })
    expect(said(reply)).toBe('400 incorrect_password')
    expect(await dump()).toEqual(before)
  })

  test('is nothing for an API key, whatever it knows', async () => {
    const key = await makeKey(root, ['admin:system', 'read:all'])
    const { method, path, body } = await make(root)
    const before = await dump()
    const isTaken = method === 'PATCH'
    for (const sent of [body, { ...body, password: PASSWORD }]) {
      expect(said(await key.asks(method, path, sent))).toBe(
        isTaken ? '403 forbidden' : '401 invalid_access_token',
      )
    }
    expect(await dump()).toEqual(before)
  })

  test('counts wrong passwords in the budget that all proofs share', async () => {
    const admin = await staff('admin')
    const { method, path, body } = await make(root)
    const codes = new Set<string>()
    for (let n = 0; n < 12; n++) {
      const reply = await admin.asks(method, path, { ...body, password: `Wrong-Horse-${n}` })
      codes.add(said(reply))
    }
    expect([...codes]).toEqual(['400 incorrect_password', '429 too_many_attempts'])
    const right = { ...body, password: PASSWORD }
    expect(said(await admin.asks(method, path, right))).toBe('429 too_many_attempts')
  })
})

test('what sends no more and nowhere else asks for nothing, and a key may do it', async () => {
  const id = await hookOf(root)
  const key = await makeKey(root, ['admin:system'])
  for (const { asks } of [root, key]) {
    for (const change of [
      { description: 'x' },
      { enabled: false },
      { enabled: true },
      { events: ['user.erased'] },
    ]) {
      const reply = await asks('PATCH', `/admin/webhooks/${id}`, change)
      expect(reply.status, JSON.stringify(change)).toBe(200)
    }
    expect((await asks('POST', `/admin/webhooks/${id}/test`)).status).toBe(202)
  }
  expect((await key.asks('DELETE', `/admin/webhooks/${id}`)).status).toBe(204)
})

test('a webhook and a key are made by a form as well, as the docs show', async () => {
  const hook = new URLSearchParams({ url: HOOK.url, password: PASSWORD })
  for (const event of ['user.registered', 'user.erased']) hook.append('events', event)
  const key = new URLSearchParams({ name: 'x', permissions: 'read:all', password: PASSWORD })
  for (const [path, body] of [
    ['/api/v1/admin/webhooks', hook],
    ['/api/v1/admin/api-keys', key],
  ] as const) {
    const type = 'application/x-www-form-urlencoded'
    const headers = { authorization: `Bearer ${root.token}`, 'content-type': type }
    expect((await send(path, { method: 'POST', headers, body: body.toString() })).status).toBe(201)
  }
})

describe('the mail', () => {
  test('of a key names it, what it may do and until when, and where it can be revoked', async () => {
    const admin = await staff('admin')
    const { body } = await admin.asks('POST', '/admin/api-keys', {
      ...KEY,
      permissions: ['read:all', 'admin:users'],
      password: PASSWORD,
    })
    const { text, html } = await mailTo(admin.email)
    expect(text).toContain('Name: Billing. Permissions: admin:users, read:all. Valid until: ')
    expect(text).toContain(body.expires_at.slice(0, 10))
    expect(text).toContain('http://localhost:8787/account/sessions')
    expect(text).toMatch(/Time: .* Device: .* Country: /)
    expect(text + html).not.toContain(body.token.slice(-43))
  })

  test('leaves out a name that reads like a link', async () => {
    const admin = await staff('admin')
    await makeKey(admin, ['read:all'], { name: 'see https://evil.example' })
    expect((await mailTo(admin.email)).text).not.toContain('evil.example')
  })

  test('of a webhook names its host and no path', async () => {
    const admin = await staff('admin')
    await hookOf(admin)
    const { text } = await mailTo(admin.email)
    expect(text).toContain('Endpoint: hooks.example.com.')
    expect(text).not.toContain('/path')
  })

  test('of a change goes to who made it and to the maker of the endpoint, once each', async () => {
    const [maker, other] = [await staff('admin'), await staff('admin')]
    const id = await hookOf(maker)
    await mailTo(maker.email)
    const path = `/admin/webhooks/${id}`
    await other.asks('PATCH', path, { ...URL_ONLY, password: PASSWORD })
    for (const { email } of [maker, other]) {
      const { text } = await mailTo(email)
      expect(text).toContain('Endpoint: other.example.com. Change: new URL.')
    }
    await maker.asks('POST', `${path}/rotate-secret`, { password: PASSWORD })
    expect((await mailTo(maker.email, 3)).text).toContain('Change: new secret.')
    await other.asks('PATCH', path, { enabled: false })
    await other.asks('PATCH', path, { enabled: true })
    await other.asks('PATCH', path, { enabled: true })
    expect((await mailTo(maker.email, 4)).text).toContain('Change: enabled again.')
    expect([mailsTo(maker.email).length, mailsTo(other.email).length]).toEqual([4, 2])
  })

  test('is in the language of its reader', async () => {
    const admin = await staff('admin')
    await rowsOf("UPDATE users SET language = 'de' WHERE id = ?", admin.id)
    await makeKey(admin)
    const { subject, text } = await mailTo(admin.email)
    expect(subject).toBe('Bei Gatehouse wurde ein API-Schlüssel erstellt')
    expect(text).toContain('Berechtigungen: read:all. Gültig bis: ')
  })
})
