/** New accounts with roles: a session must have proved recently who is acting, as for giving a role. */
import { expect, test } from 'vitest'
import { freshIp, said, send } from '../support/api'
import { makeKey } from '../support/api-keys'
import { stopClock } from '../support/clock'
import { ok } from '../support/second-factor'
import { freshEmail, PASSWORD, staff } from '../support/users'
import { expectRefused, growStale, stepUp } from './people'

stopClock()

const invitation = (roles: string[]) => ({ email: freshEmail(), full_name: 'Bob King', roles })
const lineOf = (roles: string[]) => JSON.stringify({ email: freshEmail(), full_name: 'Bob', roles })

test('inviting with roles asks for a proof, inviting without does not', async () => {
  const root = await staff('admin')
  const key = await makeKey(root, ['admin:users', 'read:all', 'read:own', 'write:own'])
  growStale()
  const invite = (roles: string[]) => root.asks('POST', '/admin/users', invitation(roles))
  expect((await invite([])).status).toBe(201)
  expect((await invite(['user'])).status).toBe(201)
  expectRefused(await invite(['moderator']), ['password'])
  expect((await key.asks('POST', '/admin/users', invitation(['moderator']))).status).toBe(201)
  ok(await stepUp(root, { password: PASSWORD }))
  expect((await invite(['moderator'])).status).toBe(201)
})

test('importing with roles asks for a proof, importing without does not', async () => {
  const root = await staff('admin')
  growStale()
  const bring = (line: string) =>
    send('/api/v1/admin/import', {
      method: 'POST',
      headers: {
        authorization: `Bearer ${root.token}`,
        'cf-connecting-ip': freshIp(),
        'content-type': 'application/x-ndjson',
      },
      body: line,
    })
  expect(said(await bring(lineOf(['user'])))).toBe('200')
  expectRefused(await bring(lineOf(['user', 'moderator'])), ['password'])
  ok(await stepUp(root, { password: PASSWORD }))
  const { body } = ok(await bring(lineOf(['moderator'])))
  expect(body.imported).toBe(1)
})
