/**
 * What is proved by the old password is worth nothing once an admin has demanded a new one or has ended
 * all sessions, however far the request has come: before its account is read, and before its batch.
 */
import { beforeAll, describe, expect, it } from 'vitest'
import { rowsOf } from '../db/rows'
import { type Reply, said } from '../support/api'
import { stopClock } from '../support/clock'
import { overtaken } from '../support/overtaken'
import { freshCode, ok, userWithSecondFactor } from '../support/second-factor'
import { freshEmail, PASSWORD, type SignedInUser, staff } from '../support/users'

stopClock()

let root: SignedInUser
beforeAll(async () => {
  root = await staff('admin')
})

const ENDS: Record<string, (id: number) => Promise<Reply>> = {
  'a demand for a new password': (id) =>
    root.asks('POST', `/admin/users/${id}/require-password-change`, { keys: true }),
  'the end of all sessions': (id) => root.asks('DELETE', `/admin/users/${id}/sessions?keys=true`),
}
/** The first comes right behind the guard, the second behind the proof. */
const MOMENTS = ['THROTTLE.reserve', 'DB.batch'] as const

const HOOK = { url: 'https://hooks.example.com/x', events: null }
const REQUESTS: [string, string, object][] = [
  ['POST', '/users/change-email', { new_email: freshEmail() }],
  ['POST', '/users/2fa/setup', {}],
  ['DELETE', '/users/account', {}],
  ['POST', '/admin/api-keys', { name: 'Billing', permissions: ['admin:users'] }],
  ['POST', '/admin/webhooks', HOOK],
  ['PATCH', '/admin/webhooks/:hook', { url: 'https://thief.example.com/x' }],
  ['POST', '/admin/webhooks/:hook/rotate-secret', {}],
]

describe.each(Object.entries(ENDS))('%s', (_, end) => {
  describe.each(MOMENTS)('before %s', (moment) => {
    it.each(REQUESTS)('refuses %s %s', async (method, path, body) => {
      const thief = await staff('admin')
      const hook = path.includes(':hook')
        ? ok(await root.asks('POST', '/admin/webhooks', { ...HOOK, password: PASSWORD })).body.id
        : ''
      const api = overtaken(moment, async () => ok(await end(thief.id)))
      const address = `/api/v1${path.replace(':hook', hook)}`
      const reply = await api.call(method, address, { ...body, password: PASSWORD }, thief.token)
      expect(said(reply)).toBe('400 incorrect_password')
      expect(await rowsOf('SELECT 1 FROM api_keys WHERE made_by = ?', thief.id)).toEqual([])
    })

    it('refuses new recovery codes and to turn a second factor off', async () => {
      for (const path of ['recovery-codes', 'disable']) {
        const ada = await userWithSecondFactor()
        const api = overtaken(moment, async () => ok(await end(ada.id)))
        const body = { password: PASSWORD, code: await freshCode(ada) }
        const reply = await api.post(`/api/v1/users/2fa/${path}`, body, ada.token)
        expect(said(reply), path).toBe('400 incorrect_password')
      }
    })
  })
})
