/** What a thief has from a stolen passkey ends with its removal, whatever it was used for. */
import { describe, expect, test } from 'vitest'
import { growStale, passkeyProof, stepUp } from '../step-up/people'
import { call, said } from '../support/api'
import { SoftwareAuthenticator } from '../support/authenticator'
import { stopClock } from '../support/clock'
import {
  addPasskey,
  secondStep,
  undo,
  undoToken,
  used,
  type UserWithPasskey,
  userWithPasskey,
} from '../support/passkeys'
import {
  challengeOf,
  freshCode,
  ok,
  userWithSecondFactor,
  type UserWithSecondFactor,
  verify,
} from '../support/second-factor'
import { under } from '../support/under'
import { PASSWORD, sessionOf, type SignedInUser, signIn, staff } from '../support/users'
import { listOf, outcome, signInWith, trustBrowser } from '../trusted-devices/devices'

stopClock()

const stateOf = async ({ asks }: Pick<SignedInUser, 'asks'>) =>
  ok(await asks('GET', '/auth/session')).body.session
const remove = ({ asks }: Pick<SignedInUser, 'asks'>, id: string) =>
  asks('DELETE', `/users/passkeys/${id}`)
const removeByAdmin = async ({ id, passkeyId }: UserWithPasskey) =>
  (await staff('admin')).asks('DELETE', `/admin/users/${id}/passkeys/${passkeyId}`)
const optionsFor = async ({ asks }: Pick<SignedInUser, 'asks'>) =>
  said(await asks('POST', '/users/passkeys/options'))

/** A user with a second factor and a passkey, by which a browser was trusted. */
async function trusted() {
  const ada = await userWithSecondFactor()
  const authenticator = new SoftwareAuthenticator()
  const { passkey } = ok(await addPasskey(ada, authenticator)).body
  const sent = await secondStep(await challengeOf(ada), authenticator)
  const { body } = ok(await verify(sent.challenge_token, { ...sent, trust_device: true }))
  return { ada, passkeyId: passkey.id as string, deviceToken: body.device_token as string }
}

describe('a browser that was trusted by it', () => {
  test('is trusted no longer, and others still are', async () => {
    const { ada, passkeyId, deviceToken } = await trusted()
    const other = await trustBrowser(ada)
    expect(await listOf(ada)).toHaveLength(2)
    expect(said(await remove(ada, passkeyId))).toBe('204')
    expect(outcome(await signInWith(ada, deviceToken))).toBe('asked')
    expect(outcome(await signInWith(ada, other))).toBe('signed in')
    expect(await listOf(ada)).toHaveLength(1)
  })

  test('has no session left, however long the trust was used', async () => {
    const { ada, passkeyId, deviceToken } = await trusted()
    const { body } = ok(await signInWith(ada, deviceToken))
    const again = ok(await signInWith(ada, body.device_token)).body
    expect(said(await remove(ada, passkeyId))).toBe('204')
    for (const { access_token: token } of [body, again]) {
      expect(said(await call('GET', '/api/v1/auth/session', undefined, { token }))).toBe(
        '401 invalid_access_token',
      )
    }
  })

  test('stays trusted when another passkey is removed', async () => {
    const { ada, deviceToken } = await trusted()
    const { passkey } = ok(await addPasskey(ada)).body
    expect(said(await remove(ada, passkey.id))).toBe('204')
    expect(outcome(await signInWith(ada, deviceToken))).toBe('signed in')
  })
})

describe('a session that it stepped up', () => {
  /** Opened by the password alone, proved by the passkey a moment ago. */
  async function stolen(): Promise<{ ada: UserWithPasskey; thief: SignedInUser }> {
    const ada = await userWithPasskey()
    const session = await signIn(ada)
    const thief = { ...ada, ...session }
    ok(await stepUp(thief, await passkeyProof({ ...thief, authenticator: ada.authenticator })))
    expect(await stateOf(thief)).toMatchObject({ strength: 2, amr: ['pwd', 'swk', 'mfa'] })
    return { ada, thief }
  }

  test('is as weak as before, and proves nothing more', async () => {
    const { ada, thief } = await stolen()
    ok(await addPasskey(ada))
    expect(await optionsFor(thief)).toBe('200')
    expect(said(await removeByAdmin(ada))).toBe('204')
    expect(await stateOf(thief)).toMatchObject({ strength: 1, amr: ['pwd'], step_up_until: null })
    expect(await optionsFor(thief)).toBe('403 step_up_required')
  })

  test('is restricted again where a role demands two factors', async () => {
    const { ada, thief } = await stolen()
    const strict = under({ REQUIRE_2FA_ROLES: 'user' })
    const profile = () => strict.call('GET', '/api/v1/users/profile', undefined, thief.token)
    expect(said(await profile())).toBe('200')
    expect(said(await removeByAdmin(ada))).toBe('204')
    expect(said(await profile())).toBe('403 two_factor_required')
  })

  test('has the proof of its sign-in alone, which may be old', async () => {
    const ada = await userWithPasskey()
    growStale()
    ok(await stepUp(ada, await passkeyProof(ada)))
    expect(await optionsFor(ada)).toBe('200')
    expect(said(await remove(ada, ada.passkeyId))).toBe('204')
    expect(await optionsFor(ada)).toBe('403 step_up_required')
    ok(await stepUp(ada, { password: PASSWORD }))
    expect(await optionsFor(ada)).toBe('200')
  })

  test('and was opened by a trusted browser is as weak as that', async () => {
    const { ada, deviceToken } = await trusted()
    const session = sessionOf(ok(await signInWith(ada, deviceToken)).body)
    const authenticator = new SoftwareAuthenticator()
    const { passkey } = ok(await addPasskey(ada, authenticator)).body
    const thief = { ...ada, ...session, authenticator }
    ok(await stepUp(thief, await passkeyProof(thief)))
    expect(await stateOf(thief)).toMatchObject({ strength: 2 })
    expect(said(await remove(ada, passkey.id))).toBe('204')
    expect(await stateOf(thief)).toMatchObject({ strength: 1, amr: ['pwd'], step_up_until: null })
  })

  test('keeps what another factor has proved', async () => {
    const ada: UserWithSecondFactor = await userWithSecondFactor()
    const authenticator = new SoftwareAuthenticator()
    const { passkey } = ok(await addPasskey(ada, authenticator)).body
    growStale()
    ok(await stepUp(ada, await passkeyProof({ ...ada, authenticator })))
    ok(await stepUp(ada, { code: await freshCode(ada) }))
    expect(said(await remove(ada, passkey.id))).toBe('204')
    expect(await stateOf(ada)).toMatchObject({ strength: 2, step_up_until: expect.any(String) })
  })
})

describe('the session that added it', () => {
  test('has not used it any more', async () => {
    const ada = await userWithPasskey()
    expect(await stateOf(ada)).toMatchObject({ strength: 2 })
    expect(said(await remove(ada, ada.passkeyId))).toBe('204')
    expect(await stateOf(ada)).toMatchObject({ strength: 1, amr: ['pwd'] })
  })

  test('ends by the link in the email, like all others', async () => {
    const ada = await userWithPasskey()
    ok(await undo(await undoToken(ada.email)))
    expect(said(await ada.asks('GET', '/auth/session'))).toBe('401 invalid_access_token')
  })
})

test('a response to step-up that is under way proves nothing once it is removed', async () => {
  const ada = await userWithPasskey()
  const sent = await used(
    ok(await ada.asks('POST', '/auth/step-up/passkey/options')),
    ada.authenticator,
  )
  ok(await addPasskey(ada))
  expect(said(await removeByAdmin(ada))).toBe('204')
  expect(said(await stepUp(ada, { passkey: sent }))).toBe('400 invalid_passkey')
})
