/** Responses of passkeys in the wrong place, many times at once, for nobody, and too deep to be walked through. */
import { describe, expect, test } from 'vitest'
import { Visitor } from '../pages/visitor'
import { passkeyProof, stepUp } from '../step-up/people'
import { post, said } from '../support/api'
import { SoftwareAuthenticator } from '../support/authenticator'
import { stopClock } from '../support/clock'
import {
  addPasskey,
  assertion,
  present,
  secondStep,
  signInByPasskey,
  signInOptions,
  undo,
  undoToken,
  used,
  userWithPasskey,
} from '../support/passkeys'
import { challengeOf, ok, userWithSecondFactor, verify } from '../support/second-factor'
import { fetchWith } from '../support/worker'
import { listOf } from '../trusted-devices/devices'

stopClock()

const COPIES = 8
const times = <T>(make: () => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: COPIES }, make))

describe('a response', () => {
  test('to step-up counts once, and each copy as an attempt', async () => {
    const ada = await userWithPasskey()
    const proof = await passkeyProof(ada)
    const replies = (await times(() => stepUp(ada, proof))).map(said).sort()
    expect(replies).toEqual(['200', ...Array(COPIES - 1).fill('400 invalid_passkey')])
  })

  test('to a second step opens one session and trusts one browser', async () => {
    const ada = await userWithSecondFactor()
    const authenticator = new SoftwareAuthenticator()
    ok(await addPasskey(ada, authenticator))
    const sent = {
      ...(await secondStep(await challengeOf(ada), authenticator)),
      trust_device: true,
    }
    const replies = (await times(() => verify(sent.challenge_token, sent))).map(said).sort()
    expect(replies).toEqual(['200', ...Array(COPIES - 1).fill('401 invalid_challenge')])
    expect(await listOf(ada)).toHaveLength(1)
  })

  test('to the options of a sign-in is no proof in step-up, and is not spent by trying', async () => {
    const ada = await userWithPasskey()
    const sent = await assertion(ada.authenticator)
    expect(said(await stepUp(ada, { passkey: sent }))).toBe('400 invalid_challenge')
    expect(said(await present(sent))).toBe('200')
  })

  test('under the credential id of another user is refused, also with their challenge', async () => {
    const [ada, eve] = [await userWithPasskey(), await userWithPasskey()]
    const options = ok(await signInOptions())
    const own = await used(options, eve.authenticator)
    const { id, rawId } = (await used(options, ada.authenticator)).credential
    const { userHandle: _, ...response } = own.credential.response
    for (const credential of [
      { ...own.credential, id, rawId },
      { ...own.credential, id, rawId, response },
    ]) {
      expect(said(await present({ ...own, credential }))).toBe('401 invalid_passkey')
    }
    expect(said(await present(own))).toBe('200')
  })
})

test('an erased user leaves no passkey and no link', async () => {
  const ada = await userWithPasskey()
  const [token, late] = [await undoToken(ada.email), await assertion(ada.authenticator)]
  ok(await ada.asks('DELETE', '/users/account', {}))
  expect(said(await undo(token))).toBe('400 invalid_token')
  expect(said(await present(late))).toBe('401 unknown_passkey')
  expect(said(await signInByPasskey(ada.authenticator))).toBe('401 unknown_passkey')
})

describe('JSON that is nested deep', () => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
  const DEPTH = 30_000

  /** With it in a member that nobody reads. */
  async function withDeepExtension(more: object) {
    const { authenticator } = await userWithPasskey()
    const sent = await assertion(authenticator)
    const credential = { ...sent.credential, clientExtensionResults: { a: 'DEEP' }, ...more }
    const body = JSON.stringify({ ...sent, credential }).replace('"DEEP"', nested(DEPTH))
    return fetchWith({}, '/api/v1/auth/passkey/verify', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'cf-connecting-ip': '203.0.113.80' },
      body,
    })
  }

  test('in an extension is not walked through', async () => {
    expect((await withDeepExtension({})).status).toBe(200)
    expect((await withDeepExtension({ type: 'password' })).status).toBe(422)
  })

  test('in client data is no challenge and no origin', async () => {
    const { authenticator } = await userWithPasskey()
    const sent = await assertion(authenticator)
    sent.credential.response.clientDataJSON = Buffer.from(
      `{"type":"webauthn.get","challenge":${nested(1000)},"origin":${nested(400)}}`,
    ).toString('base64url')
    expect(said(await present(sent))).toBe('401 invalid_passkey')
  })

  test.each([`{"id":${nested(8000)}}`, nested(8000), '{"__proto__":{"id":"x"}}', '{"id":'])(
    'in the field of a page is 422 (%#)',
    async (passkey_credential) => {
      const { body } = ok(await post('/api/v1/auth/passkey/options'))
      const posted = { passkey_challenge: body.challenge_token, passkey_credential }
      expect((await new Visitor().post('/sign-in/passkey', posted)).status).toBe(422)
    },
  )
})
