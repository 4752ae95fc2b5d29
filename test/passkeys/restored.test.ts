/** PK-2 with D1 set back: a removed passkey stays removed, as the user's object remembers. */
import { env } from 'cloudflare:workers'
import { expect, test, vi } from 'vitest'
import { bringBack, keep } from '../simulation/set-back'
import { call, post, said } from '../support/api'
import { SoftwareAuthenticator } from '../support/authenticator'
import { loseWakeUps } from '../support/outbox'
import {
  addPasskey,
  assertion,
  present,
  signInByPasskey,
  userWithPasskey,
} from '../support/passkeys'
import { ok } from '../support/second-factor'
import { rowOf, signIn } from '../support/users'

vi.setConfig({ testTimeout: 20_000 })

const rowsOf = async ({ id }: { id: number }) =>
  (await env.DB.prepare('SELECT id FROM passkeys WHERE user_id = ?').bind(id).all()).results

test('a removed passkey opens nothing, is not shown, is no way in, and leaves D1 again', async () => {
  loseWakeUps()
  const ada = await userWithPasskey()
  const opened = ok(await signInByPasskey(ada.authenticator)).body
  const late = await assertion(ada.authenticator)
  await keep('then')
  expect(said(await ada.asks('DELETE', `/users/passkeys/${ada.passkeyId}`))).toBe('204')
  await bringBack('then')
  expect(await rowsOf(ada)).toHaveLength(1)

  const dead = await post('/api/v1/auth/logout', undefined, { token: opened.access_token })
  expect(said(dead)).toBe('401 invalid_access_token')
  const mine = await signIn(ada)
  expect(ok(await mine.asks('GET', '/users/passkeys')).body.items).toEqual([])
  expect(said(await present(late))).toBe('401 unknown_passkey')
  expect(said(await signInByPasskey(ada.authenticator))).toBe('401 unknown_passkey')
  await vi.waitUntil(async () => (await rowsOf(ada)).length === 0, { timeout: 5000 })
  // The password still works, and the object agrees with D1 on the account.
  expect(said(await (await signIn(ada)).asks('GET', '/auth/session'))).toBe('200')
  const versions = await rowOf(ada.id)
  const object = env.USER_SESSIONS.getByName(ada.subject)
  expect(await object.passkeyUses()).toMatchObject([{ id: ada.passkeyId, isRemoved: true }])
  expect(versions?.['auth_version']).toBeGreaterThan(1)
})

test('its recovery codes leave D1 again with it, and a new first passkey comes with others', async () => {
  loseWakeUps()
  const ada = await userWithPasskey()
  await keep('then')
  ok(await ada.asks('DELETE', `/users/passkeys/${ada.passkeyId}`))
  await bringBack('then')
  const mine = await signIn(ada)
  expect(await rowsOf(ada)).toEqual([])
  expect(ok(await addPasskey(mine)).body.recovery_codes).toHaveLength(10)
})

test('a removed passkey does not count as another way in', async () => {
  loseWakeUps()
  const ada = await userWithPasskey()
  const second = new SoftwareAuthenticator()
  const { passkey } = ok(await addPasskey(ada, second)).body
  await env.DB.prepare('UPDATE users SET hashed_password = NULL WHERE id = ?').bind(ada.id).run()
  await keep('then')
  ok(await ada.asks('DELETE', `/users/passkeys/${ada.passkeyId}`))
  await bringBack('then')
  const { access_token: token } = ok(await signInByPasskey(second)).body
  const path = `/api/v1/users/passkeys/${passkey.id}`
  expect(said(await call('DELETE', path, undefined, { token }))).toBe('409 last_way_in')
  expect(said(await signInByPasskey(second))).toBe('200')
})
