/** A user's own passkeys: adding, listing, renaming, removing. */
import { env } from 'cloudflare:workers'
import { describe, expect, test, vi } from 'vitest'
import { call, post, said } from '../support/api'
import { SoftwareAuthenticator } from '../support/authenticator'
import { DAY, MINUTE, pass, stopClock } from '../support/clock'
import { changeToken, INVALID_TOKEN, verifyChange } from '../support/credentials'
import { mailsTo, mailTo } from '../support/mailbox'
import {
  addPasskey,
  assertion,
  created,
  deviceBound,
  ORIGIN,
  present,
  secondStep,
  signInByPasskey,
  undo,
  undoToken,
  used,
  userWithPasskey,
} from '../support/passkeys'
import {
  enable,
  freshCode,
  ok,
  setUp,
  userWithSecondFactor,
  verify,
} from '../support/second-factor'
import { under } from '../support/under'
import { eventsAbout, freshEmail, signedInUser, signIn, type SignedInUser } from '../support/users'
import { fetchWith } from '../support/worker'

stopClock()
vi.setConfig({ testTimeout: 20_000 })

const listOf = async (who: Pick<SignedInUser, 'asks'>): Promise<any[]> =>
  ok(await who.asks('GET', '/users/passkeys')).body.items
const remove = (who: Pick<SignedInUser, 'asks'>, id: string) =>
  who.asks('DELETE', `/users/passkeys/${id}`)
const isLive = async ({ token }: { token: string }) =>
  (await post('/api/v1/auth/logout', undefined, { token })).status === 204
const withoutPassword = ({ id }: { id: number }) =>
  env.DB.prepare('UPDATE users SET hashed_password = NULL WHERE id = ?').bind(id).run()
const codesOf = async ({ id }: { id: number }) =>
  (await env.DB.prepare('SELECT 1 FROM recovery_codes WHERE user_id = ?').bind(id).all()).results
    .length

describe('adding', () => {
  test('stores it, tells the user with a link, keeps the session, and ends none', async () => {
    const ada = await signedInUser()
    const other = await signIn(ada)
    const { status, body } = await addPasskey(ada, undefined, { name: ' Laptop ' })
    expect(status).toBe(201)
    expect(body.passkey).toEqual({
      id: expect.stringMatching(/^[\w-]{22}$/),
      name: 'Laptop',
      created_at: expect.any(String),
      last_used_at: null,
      backed_up: true,
      synced: true,
      device_name: null,
    })
    expect(body.recovery_codes).toHaveLength(10)
    expect(await listOf(ada)).toEqual([body.passkey])
    expect(await listOf(other).catch(() => 'ended')).toHaveLength(1)
    expect(await eventsAbout(ada.id)).toEqual(['passkey.added'])
    const mail = await mailTo(ada.email)
    expect(mail.text).toContain('/undo-sign-in-method?token=undo.')
  })

  test('gives recovery codes with the first factor of any kind only', async () => {
    const ada = await userWithPasskey()
    expect((await addPasskey(ada)).body.recovery_codes).toBeNull()
    const eve = await userWithSecondFactor()
    expect(ok(await addPasskey(eve)).body.recovery_codes).toBeNull()
    expect(await codesOf(eve)).toBe(10)
  })

  test('of two first ones at once, one comes with the codes that work', async () => {
    const ada = await signedInUser()
    const sent = [
      await created(ada, new SoftwareAuthenticator()),
      await created(ada, new SoftwareAuthenticator()),
    ]
    const replies = await Promise.all(sent.map((each) => ada.asks('POST', '/users/passkeys', each)))
    expect(replies.map(said)).toEqual(['201', '201'])
    const given = replies.map(({ body }) => body.recovery_codes).filter(Boolean)
    expect(given).toHaveLength(1)
    expect(await codesOf(ada)).toBe(10)
    const settings = under({ REQUIRE_2FA_ROLES: 'user' })
    const login = { email: ada.email, password: ada.password }
    const { body } = await settings.post('/api/v1/auth/login', login)
    expect(said(await verify(body.challenge_token, { recovery_code: given[0][3] }))).toBe('200')
  })

  test('is named by the model or the browser, and shows the model', async () => {
    const aaguid = 'ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4'
    const ada = await signedInUser()
    const known = ok(await addPasskey(ada, new SoftwareAuthenticator({ aaguid }))).body.passkey
    expect([known.name, known.device_name]).toEqual(Array(2).fill('Google Password Manager'))
    const sent = await created(ada, new SoftwareAuthenticator())
    const agent = 'Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/130.0'
    const headers = { 'user-agent': agent }
    const { body } = await ada.asks('POST', '/users/passkeys', sent, { headers })
    expect([body.passkey.name, body.passkey.device_name]).toEqual(['Firefox on Windows', null])
  })

  test('completes what a role demands: the session has used it', async () => {
    const ada = await signedInUser({ roles: ['moderator'] })
    const strict = under({ REQUIRE_2FA_ROLES: 'moderator' })
    const profile = () => strict.get('/api/v1/users/profile', ada.token)
    expect(said(await profile())).toBe('403 two_factor_required')
    ok(await addPasskey(ada))
    expect(said(await profile())).toBe('200')
  })

  test('needs a recent proof, for the options and again for the passkey', async () => {
    const ada = await signedInUser()
    pass(9 * MINUTE)
    const sent = await created(ada, new SoftwareAuthenticator())
    pass(2 * MINUTE)
    expect(said(await ada.asks('POST', '/users/passkeys', sent))).toBe('403 step_up_required')
    expect(said(await ada.asks('POST', '/users/passkeys/options', {}))).toBe('403 step_up_required')
  })

  test('with a passkey there, a fresh password alone is not enough for another', async () => {
    const ada = await userWithPasskey()
    const byPassword = await signIn(ada)
    const reply = await byPassword.asks('POST', '/users/passkeys/options', {})
    expect(said(reply)).toBe('403 step_up_required')
  })

  test('the challenge is bound to its session', async () => {
    const ada = await signedInUser()
    const other = await signIn(ada)
    const sent = await created(ada, new SoftwareAuthenticator())
    expect(said(await other.asks('POST', '/users/passkeys', sent))).toBe('400 invalid_challenge')
    expect(said(await ada.asks('POST', '/users/passkeys', sent))).toBe('201')
  })

  test('it must have asked and verified its user, unless the challenge allows otherwise', async () => {
    const add = async (how: object, options: object = {}) => {
      const ada = await signedInUser()
      const sent = await created(ada, new SoftwareAuthenticator(), how, options)
      return said(await ada.asks('POST', '/users/passkeys', sent))
    }
    expect(await add({ isUserVerified: false })).toBe('400 invalid_passkey')
    expect(await add({ isUserPresent: false })).toBe('400 invalid_passkey')
    expect(await add({ isUserVerified: false }, { unseen: true })).toBe('201')
    expect(await add({ isUserPresent: false }, { unseen: true })).toBe('201')
  })

  test('the options demand verification, unless the browser may make it unseen', async () => {
    const ada = await signedInUser()
    const asked = async (options: object) => {
      const { body } = ok(await ada.asks('POST', '/users/passkeys/options', options))
      return body.publicKey.authenticatorSelection.userVerification
    }
    expect(await asked({})).toBe('required')
    expect(await asked({ unseen: true })).toBe('preferred')
  })

  test('one made without verification signs in only when it verifies, judged at each use', async () => {
    const ada = await signedInUser()
    const authenticator = new SoftwareAuthenticator()
    const unverified = { isUserVerified: false, isUserPresent: false }
    const sent = await created(ada, authenticator, unverified, { unseen: true })
    ok(await ada.asks('POST', '/users/passkeys', sent))
    const use = (isUserVerified: boolean) => signInByPasskey(authenticator, { isUserVerified })
    for (const [isVerified, answer] of [
      [false, '401 invalid_passkey'],
      [true, '200'],
      [false, '401 invalid_passkey'],
    ] as const) {
      expect(said(await use(isVerified))).toBe(answer)
    }
    const { body } = ok(await use(true))
    const { session: opened } = (
      await call('GET', '/api/v1/auth/session', undefined, { token: body.access_token })
    ).body
    expect([opened.strength, opened.amr]).toEqual([2, ['swk', 'mfa']])
    // Nor is it a proof of who is acting.
    const options = ok(await ada.asks('POST', '/auth/step-up/passkey/options'))
    const passkey = await used(options, authenticator, { isUserVerified: false })
    expect(said(await ada.asks('POST', '/auth/step-up', { passkey }))).toBe('400 invalid_passkey')
  })

  test('one made without asking the user proves nothing for the session', async () => {
    const ada = await signedInUser({ roles: ['moderator'] })
    const how = { isUserPresent: false }
    const sent = await created(ada, new SoftwareAuthenticator(), how, { unseen: true })
    expect(said(await ada.asks('POST', '/users/passkeys', sent))).toBe('201')
    const strict = under({ REQUIRE_2FA_ROLES: 'moderator' })
    const profile = await strict.get('/api/v1/users/profile', ada.token)
    expect(said(profile)).toBe('403 two_factor_required')
  })

  test('with a first one, what was begun with the password alone is over', async () => {
    const ada = await signedInUser()
    const thief = await signIn(ada)
    const { secret } = ok(await setUp(thief)).body
    const token = await changeToken(thief, freshEmail())
    ok(await addPasskey(ada))
    const started = await enable(thief, await freshCode({ secret }))
    expect(said(started)).toBe('409 no_pending_setup')
    expect(said(await verifyChange(token, { by: thief.token }))).toBe(INVALID_TOKEN)
  })

  test('with a further one, a change of address that a passkey has confirmed goes on', async () => {
    const ada = await userWithPasskey()
    const token = await changeToken(ada, freshEmail())
    ok(await addPasskey(ada))
    const strict = under({ REQUIRE_2FA_ROLES: 'user' })
    const confirm = { token, password: ada.password }
    expect(said(await strict.post('/api/v1/auth/confirm-email-change', confirm))).toBe('200')
  })

  test('never asks an authenticator that has one', async () => {
    const ada = await userWithPasskey()
    await expect(addPasskey(ada, ada.authenticator)).rejects.toThrow(DOMException)
  })

  test('at most twenty, not even at once', async () => {
    const ada = await signedInUser()
    ok(await addPasskey(ada))
    for (let n = 0; n < 17; n++) ok(await addPasskey(ada))
    const sent = []
    for (let n = 0; n < 3; n++) sent.push(await created(ada, new SoftwareAuthenticator()))
    const replies = await Promise.all(sent.map((each) => ada.asks('POST', '/users/passkeys', each)))
    expect(replies.map(said).sort()).toEqual(['201', '201', '409 limit_reached'])
    expect(said(await ada.asks('POST', '/users/passkeys/options', {}))).toBe('409 limit_reached')
    expect(await listOf(ada)).toHaveLength(20)
  })

  test('a role may demand one that cannot leave its device', async () => {
    const ada = await signedInUser({ roles: ['moderator'] })
    const settings = { REQUIRE_DEVICE_BOUND_ROLES: 'moderator' }
    const add = async (authenticator: SoftwareAuthenticator) =>
      under(settings).post('/api/v1/users/passkeys', await created(ada, authenticator), ada.token)
    const refused = await add(new SoftwareAuthenticator())
    expect(said(refused)).toBe('422 validation_failed')
    expect(refused.body.errors).toMatchObject([{ path: 'credential', code: 'not_device_bound' }])
    expect(said(await add(deviceBound()))).toBe('201')
  })
})

test('PK-6: one credential id, two users in parallel: one of them has it', async () => {
  const [ada, eve] = [await signedInUser(), await signedInUser()]
  const credentialId = crypto.getRandomValues(new Uint8Array(16))
  const sent = await Promise.all(
    [ada, eve].map((who) => created(who, new SoftwareAuthenticator(), { credentialId })),
  )
  const replies = await Promise.all(
    [ada, eve].map((who, n) => who.asks('POST', '/users/passkeys', sent[n])),
  )
  expect(replies.map(said).sort()).toEqual(['201', '409 passkey_taken'])
  const held = await Promise.all([ada, eve].map(async (who) => (await listOf(who)).length))
  expect(held).toEqual(replies.map(({ status }) => (status === 201 ? 1 : 0)))
  const codes = await Promise.all([ada, eve].map(codesOf))
  expect(codes).toEqual(replies.map(({ status }) => (status === 201 ? 10 : 0)))
})

describe('renaming', () => {
  test('renames one’s own only', async () => {
    const [ada, eve] = [await userWithPasskey(), await userWithPasskey()]
    const rename = (id: string, name: unknown) =>
      ada.asks('PATCH', `/users/passkeys/${id}`, { name })
    expect(said(await rename(ada.passkeyId, 'Phone'))).toBe('204')
    expect(await listOf(ada)).toMatchObject([{ name: 'Phone' }])
    expect(said(await rename(eve.passkeyId, 'x'))).toBe('404 not_found')
    for (const name of ['', ' ', 'a\nb', 'x'.repeat(101), '\u202eabc', '\u200b', 7]) {
      expect(said(await rename(ada.passkeyId, name))).toBe('422 validation_failed')
    }
    expect(await eventsAbout(ada.id)).toContain('passkey.renamed')
  })
})

describe('PK-2: removing', () => {
  test('ends what it opened and nothing else, before the answer', async () => {
    const ada = await userWithPasskey()
    const opened = ok(await signInByPasskey(ada.authenticator)).body
    expect(await listOf(ada)).toMatchObject([{ last_used_at: expect.any(String) }])
    const late = await assertion(ada.authenticator)
    expect(said(await remove(ada, ada.passkeyId))).toBe('204')
    expect(await isLive({ token: opened.access_token })).toBe(false)
    expect(await listOf(ada)).toEqual([])
    expect(said(await present(late))).toBe('401 unknown_passkey')
    expect(said(await signInByPasskey(ada.authenticator))).toBe('401 unknown_passkey')
    await mailTo(ada.email, 2)
    const subjects = mailsTo(ada.email).map(({ subject }) => subject)
    expect(subjects).toContain('A passkey was removed at Gatehouse')
    expect(await codesOf(ada)).toBe(0)
  })

  test('a change of address that it has confirmed is over', async () => {
    const ada = await userWithPasskey()
    const token = await changeToken(ada, freshEmail())
    expect(said(await remove(ada, ada.passkeyId))).toBe('204')
    expect(said(await verifyChange(token))).toBe(INVALID_TOKEN)
  })

  test('a session that a role restricts renames and removes none', async () => {
    const ada = await userWithPasskey()
    const weak = await signIn(ada)
    const strict = under({ REQUIRE_2FA_ROLES: 'user' })
    const path = `/api/v1/users/passkeys/${ada.passkeyId}`
    const refusals = [
      await strict.call('PATCH', path, { name: 'Mine now' }, weak.token),
      await strict.call('DELETE', path, undefined, weak.token),
    ]
    expect(refusals.map(said)).toEqual(Array(2).fill('403 two_factor_required'))
  })

  test('a second step by it that is under way ends nowhere', async () => {
    const ada = await userWithPasskey()
    const strict = under({ REQUIRE_2FA_ROLES: 'user' })
    const login = { email: ada.email, password: ada.password }
    const { body } = await strict.post('/api/v1/auth/login', login)
    const sent = await secondStep(body.challenge_token, ada.authenticator)
    ok(await addPasskey(ada))
    expect(said(await remove(ada, ada.passkeyId))).toBe('204')
    expect(said(await post('/api/v1/auth/2fa/verify', sent))).toBe('401 invalid_passkey')
  })

  test('keeps the codes while a second factor or another passkey remains', async () => {
    const ada = await userWithPasskey()
    const { passkey } = ok(await addPasskey(ada)).body
    expect(said(await remove(ada, ada.passkeyId))).toBe('204')
    expect(await codesOf(ada)).toBe(10)
    expect(said(await remove(ada, passkey.id))).toBe('204')
    expect(await codesOf(ada)).toBe(0)
    const eve = await userWithSecondFactor()
    const added = ok(await addPasskey(eve)).body.passkey
    expect(said(await remove(eve, added.id))).toBe('204')
    expect(await codesOf(eve)).toBe(10)
  })

  test('another user’s is not found', async () => {
    const [ada, eve] = [await userWithPasskey(), await userWithPasskey()]
    expect(said(await remove(eve, ada.passkeyId))).toBe('404 not_found')
    expect(await listOf(ada)).toHaveLength(1)
  })
})

describe('PK-4: the last way in', () => {
  test('cannot be removed', async () => {
    const ada = await userWithPasskey()
    await withoutPassword(ada)
    expect(said(await remove(ada, ada.passkeyId))).toBe('409 last_way_in')
    expect(said(await signInByPasskey(ada.authenticator))).toBe('200')
  })

  test('nor can the last one that verifies its user: one made unseen may never do so', async () => {
    const ada = await userWithPasskey()
    const unseen = new SoftwareAuthenticator()
    const sent = await created(ada, unseen, { isUserVerified: false }, { unseen: true })
    const { passkey } = ok(await ada.asks('POST', '/users/passkeys', sent)).body
    await withoutPassword(ada)
    expect(said(await remove(ada, ada.passkeyId))).toBe('409 last_way_in')
    expect(said(await remove(ada, passkey.id))).toBe('204')
    expect(said(await signInByPasskey(ada.authenticator))).toBe('200')
  })

  test('two removals at once leave one', async () => {
    const ada = await userWithPasskey()
    const { passkey } = ok(await addPasskey(ada)).body
    await withoutPassword(ada)
    const replies = await Promise.all([ada.passkeyId, passkey.id].map((id) => remove(ada, id)))
    expect(replies.map(said).sort()).toEqual(['204', '409 last_way_in'])
    expect(await listOf(ada)).toHaveLength(1)
  })
})

describe('the link in the email about a new passkey', () => {
  test('removes it and ends every session', async () => {
    const ada = await userWithPasskey()
    const token = await undoToken(ada.email)
    const opened = ok(await signInByPasskey(ada.authenticator)).body
    expect(said(await undo(token))).toBe('200')
    for (const each of [ada.token, opened.access_token]) {
      expect(await isLive({ token: each })).toBe(false)
    }
    expect(said(await signInByPasskey(ada.authenticator))).toBe('401 unknown_passkey')
    expect(await codesOf(ada)).toBe(0)
    expect(await eventsAbout(ada.id)).toContain('user.sign_in_method_undone')
    expect(said(await undo(token))).toBe('400 invalid_token')
    expect(said(await signIn(ada).then(({ asks }) => asks('GET', '/users/passkeys')))).toBe('200')
  })

  test('of two uses at once, one removes it', async () => {
    const ada = await userWithPasskey()
    const token = await undoToken(ada.email)
    const replies = await Promise.all([undo(token), undo(token)])
    expect(replies.map(said).sort()).toEqual(['200', '400 invalid_token'])
  })

  test('ends after a week, and nothing else is such a link', async () => {
    const ada = await userWithPasskey()
    const token = await undoToken(ada.email)
    for (const wrong of ['', 'undo.x.y', `${token}x`, token.replace('undo', 'device')]) {
      expect([400, 422]).toContain((await undo(wrong)).status)
    }
    pass(7 * DAY)
    expect(said(await undo(token))).toBe('400 invalid_token')
  })

  test('is about nothing once the passkey is gone', async () => {
    const ada = await userWithPasskey()
    const token = await undoToken(ada.email)
    ok(await remove(ada, ada.passkeyId))
    expect(said(await undo(token))).toBe('400 invalid_token')
    expect(await listOf(ada)).toEqual([])
  })
})

describe('recovery codes of a user with passkeys alone', () => {
  test('complete a sign-in that a role demands two factors of', async () => {
    const ada = await userWithPasskey()
    const strict = under({ REQUIRE_2FA_ROLES: 'user' })
    const login = { email: ada.email, password: ada.password }
    const { body } = await strict.post('/api/v1/auth/login', login)
    const code = ada.recoveryCodes[0]
    expect(said(await verify(body.challenge_token, { recovery_code: code }))).toBe('200')
    const again = (await strict.post('/api/v1/auth/login', login)).body.challenge_token
    expect(said(await verify(again, { recovery_code: code }))).toBe('401 invalid_2fa_code')
  })

  test('can be made anew', async () => {
    const ada = await userWithPasskey()
    const { body } = ok(await ada.asks('POST', '/users/2fa/recovery-codes', {}))
    expect(body.recovery_codes).toHaveLength(10)
    expect(body.recovery_codes).not.toContain(ada.recoveryCodes[0])
    expect(await codesOf(ada)).toBe(10)
  })

  test('stay when the second factor is turned off beside a passkey', async () => {
    const eve = await userWithSecondFactor()
    ok(await addPasskey(eve))
    const code = await freshCode(eve)
    ok(await eve.asks('POST', '/users/2fa/disable', { password: eve.password, code }))
    expect(await codesOf(eve)).toBe(10)
  })
})

test('exactly one of code, recovery_code and credential completes a sign-in', async () => {
  const eve = await userWithSecondFactor()
  const authenticator = new SoftwareAuthenticator()
  ok(await addPasskey(eve, authenticator))
  const { body } = await post('/api/v1/auth/login', { email: eve.email, password: eve.password })
  const sent = await secondStep(body.challenge_token, authenticator)
  for (const more of [{ code: '123456' }, { recovery_code: eve.recoveryCodes[0] }]) {
    const reply = await post('/api/v1/auth/2fa/verify', { ...sent, ...more })
    expect(said(reply)).toBe('422 validation_failed')
  }
  expect(said(await post('/api/v1/auth/2fa/verify', sent))).toBe('200')
  expect(said(await post('/api/v1/auth/2fa/verify', sent))).toBe('401 invalid_challenge')
})

test('a relying party id other than that of the stored passkeys starts no ceremony', async () => {
  await userWithPasskey()
  const settings = { PUBLIC_URL: 'https://id.example.com', PASSKEY_RP_ID: 'example.com' }
  const reply = await fetchWith(settings, '/api/v1/auth/passkey/options', { method: 'POST' })
  expect(said(reply)).toBe('503 unavailable')
})

test('browsers find the origins and the pages', async () => {
  const settings = { PASSKEY_ORIGINS: 'https://shop.example' }
  const origins = await fetchWith(settings, '/.well-known/webauthn')
  expect(origins.body).toEqual({ origins: [ORIGIN, 'https://shop.example'] })
  const page = `${ORIGIN}/account/passkeys`
  const endpoints = await fetchWith({}, '/.well-known/passkey-endpoints')
  expect(endpoints.body).toEqual({ enroll: page, manage: page })
  for (const { headers } of [origins, endpoints]) {
    expect(headers.get('cache-control')).toBe('public, max-age=300')
  }
})
