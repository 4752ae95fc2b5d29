/** A passkey instead of a password, by the link that proves the address. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, test } from 'vitest'
import { Visitor } from '../pages/visitor'
import { call, post, said } from '../support/api'
import { SoftwareAuthenticator } from '../support/authenticator'
import { mailedToken } from '../support/credentials'
import { mailTo } from '../support/mailbox'
import { ORIGIN, signInByPasskey, undo, undoToken } from '../support/passkeys'
import { ok } from '../support/second-factor'
import { under } from '../support/under'
import {
  eventsAbout,
  freshEmail,
  PASSWORD,
  rowOf,
  type SignedInUser,
  staff,
} from '../support/users'
import { postSignIn, registerByApi } from '../support/users-by-api'

const API = '/api/v1/auth'
let root: SignedInUser
beforeAll(async () => {
  root = await staff('admin')
})

async function invited() {
  const email = freshEmail()
  const invitation = { email, full_name: 'Ada Lovelace' }
  const { body } = ok(await root.asks('POST', '/admin/users', invitation))
  return { id: body.id as number, email, token: await mailedToken(email, '/accept-invitation') }
}

const options = (purpose: string, token: string) =>
  post(`${API}/passkey/options-by-link`, { purpose, token })

async function made(purpose: string, token: string, authenticator: SoftwareAuthenticator) {
  const { body } = ok(await options(purpose, token))
  const credential = await authenticator.create(body.publicKey, { origin: ORIGIN })
  return { challenge_token: body.challenge_token as string, credential }
}

const codesOf = async (id: number) =>
  (await env.DB.prepare('SELECT 1 FROM recovery_codes WHERE user_id = ?').bind(id).all()).results
    .length

describe('an invitation', () => {
  test('is accepted with a passkey alone, which then signs in', async () => {
    const { id, email, token } = await invited()
    const authenticator = new SoftwareAuthenticator()
    const passkey = { ...(await made('accept_invitation', token, authenticator)), name: 'Phone' }
    const reply = ok(
      await post(`${API}/accept-invitation`, { token, passkey, full_name: 'Ada King' }),
    )
    expect(reply.body.passkey).toMatchObject({ name: 'Phone' })
    expect(reply.body.recovery_codes).toHaveLength(10)
    expect(reply.headers.get('cache-control')).toBe('no-store')
    expect(await codesOf(id)).toBe(10)
    expect(await rowOf(id)).toMatchObject({
      hashed_password: null,
      password_expires_at: null,
      status: 'active',
      full_name: 'Ada King',
    })
    expect(await eventsAbout(id)).toEqual(
      expect.arrayContaining(['user.invitation_accepted', 'passkey.added']),
    )
    const { body } = ok(await signInByPasskey(authenticator))
    expect([body.user.email, body.restricted]).toEqual([email, null])
    expect(said(await options('accept_invitation', token))).toBe('400 invalid_token')
  })

  test('is told by an email, with a link that removes the passkey', async () => {
    const { id, email, token } = await invited()
    const authenticator = new SoftwareAuthenticator()
    const passkey = await made('accept_invitation', token, authenticator)
    ok(await post(`${API}/accept-invitation`, { token, passkey }))
    expect((await mailTo(email, 2)).subject).toBe('A passkey was added at Gatehouse')
    const link = await undoToken(email)
    const { body } = ok(await signInByPasskey(authenticator))
    expect(said(await undo(link))).toBe('200')
    expect(said(await signInByPasskey(authenticator))).toBe('401 unknown_passkey')
    expect(
      said(await call('GET', '/api/v1/users/profile', undefined, { token: body.access_token })),
    ).toBe('401 invalid_access_token')
    expect(await rowOf(id)).toMatchObject({ status: 'active', hashed_password: null })
  })

  test('works once, also with two passkeys at once', async () => {
    const { id, token } = await invited()
    const sent = [
      await made('accept_invitation', token, new SoftwareAuthenticator()),
      await made('accept_invitation', token, new SoftwareAuthenticator()),
    ]
    const replies = await Promise.all(
      sent.map((passkey) => post(`${API}/accept-invitation`, { token, passkey })),
    )
    expect(replies.map(said).sort()).toEqual(['200', '400 invalid_token'])
    const rows = await env.DB.prepare('SELECT 1 FROM passkeys WHERE user_id = ?').bind(id).all()
    expect(rows.results).toHaveLength(1)
  })

  test('takes exactly one of password and passkey', async () => {
    const { token } = await invited()
    const passkey = await made('accept_invitation', token, new SoftwareAuthenticator())
    for (const body of [{ token }, { token, passkey, password: PASSWORD }]) {
      expect(said(await post(`${API}/accept-invitation`, body))).toBe('422 validation_failed')
    }
    expect(said(await post(`${API}/accept-invitation`, { token, password: PASSWORD }))).toBe('200')
  })

  test('a challenge of another link does not fit', async () => {
    const [one, two] = [await invited(), await invited()]
    const passkey = await made('accept_invitation', one.token, new SoftwareAuthenticator())
    const reply = await post(`${API}/accept-invitation`, { token: two.token, passkey })
    expect(said(reply)).toBe('400 invalid_challenge')
    expect(said(await options('verify_email', one.token))).toBe('400 invalid_token')
  })

  test('a role of the invited user may demand one that cannot leave its device', async () => {
    const { token } = await invited()
    const passkey = await made('accept_invitation', token, new SoftwareAuthenticator())
    const strict = under({ REQUIRE_DEVICE_BOUND_ROLES: 'user' })
    const reply = await strict.post(`${API}/accept-invitation`, { token, passkey })
    expect(said(reply)).toBe('422 validation_failed')
  })
})

describe('the verification of an address', () => {
  test('replaces the password of the registration by a passkey', async () => {
    const ada = await registerByApi()
    const token = await mailedToken(ada.email, '/verify-email')
    const authenticator = new SoftwareAuthenticator()
    const passkey = await made('verify_email', token, authenticator)
    ok(await post(`${API}/verify-email`, { token, passkey }))
    expect(said(await postSignIn(ada))).toBe('401 invalid_credentials')
    expect(said(await signInByPasskey(authenticator))).toBe('200')
    expect(await eventsAbout(ada.id)).toEqual(
      expect.arrayContaining(['user.email_verified', 'passkey.added']),
    )
    expect((await mailTo(ada.email, 2)).subject).toBe('A passkey was added at Gatehouse')
  })

  test('says on its page that the password is replaced; an invited user has none yet', async () => {
    const ada = await registerByApi()
    const verify = await mailedToken(ada.email, '/verify-email')
    const chosen = await new Visitor().open(`/verify-email?token=${verify}`)
    expect(chosen.html).toContain('The passkey replaces the password that you chose.')
    const { token } = await invited()
    const fresh = await new Visitor().open(`/accept-invitation?token=${token}`)
    expect(fresh.html).toContain('You won’t need a password.')
  })

  test('without one keeps the password', async () => {
    const ada = await registerByApi()
    const token = await mailedToken(ada.email, '/verify-email')
    await made('verify_email', token, new SoftwareAuthenticator())
    ok(await post(`${API}/verify-email`, { token }))
    expect(said(await postSignIn(ada))).toBe('200')
  })
})
