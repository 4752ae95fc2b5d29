import { describe, expect, it } from 'vitest'
import { verifyAssertion, verifyRegistration } from '../../src/crypto/webauthn'
import { assertionCredential, registrationCredential } from '../../src/passkeys/credential-field'
import { CEREMONY, creation, PAGE, REQUEST, withPasskey } from '../crypto/passkeys'

/** What a browser writes, with members that it may add one day. */
const created = async (): Promise<any> => {
  const { response, ...rest } = await creation()
  const more = { publicKey: 'AAAA', newMember: [1] }
  return {
    ...rest,
    newMember: {},
    clientExtensionResults: { credProps: { rk: true } },
    response: { ...response, ...more },
  }
}
const MANY = Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`extension${i}`, i]))
const used = async (): Promise<any> => {
  const { authenticator } = await withPasskey()
  return authenticator.get(REQUEST, PAGE)
}
const isCreation = (value: unknown) => registrationCredential().safeParse(value).success
const isUse = (value: unknown) => assertionCredential().safeParse(value).success

describe('a credential in a request', () => {
  it('is parsed to what the verifier takes', async () => {
    const { authenticator, stored } = await withPasskey()
    const other = await creation()
    const made = registrationCredential().parse(JSON.parse(JSON.stringify(other)))
    expect(await verifyRegistration(CEREMONY, made)).toMatchObject({ algorithm: -7 })
    const request = { ...REQUEST, allowCredentials: [{ id: stored.credentialId }] }
    const answer = await authenticator.get(request, PAGE)
    const parsed = assertionCredential().parse(JSON.parse(JSON.stringify(answer)))
    expect(await verifyAssertion(CEREMONY, stored, parsed)).toMatchObject({ signCount: 0 })
  })

  it('loses members that are unknown', async () => {
    const credential = await created()
    expect(credential).toHaveProperty('newMember')
    const parsed = registrationCredential().parse(credential)
    expect(parsed).not.toHaveProperty('newMember')
    expect(parsed.response).not.toHaveProperty('newMember')
    expect(parsed.response.transports).toEqual(['hybrid', 'internal'])
  })

  it('may leave out, or have null for, what is not verified', async () => {
    const { response, ...rest } = await created()
    const { clientDataJSON, attestationObject } = response
    const { authenticatorAttachment: _, clientExtensionResults: __, ...least } = rest
    expect(isCreation({ ...least, response: { clientDataJSON, attestationObject } })).toBe(true)
    expect(isCreation({ ...rest, response, authenticatorAttachment: null })).toBe(true)
    expect(isCreation({ ...rest, response: { ...response, publicKey: null } })).toBe(true)
    const use = await used()
    expect(isUse({ ...use, response: { ...use.response, userHandle: null } })).toBe(true)
    const { userHandle: ___, ...withoutUserHandle } = use.response
    expect(isUse({ ...use, response: withoutUserHandle })).toBe(true)
  })

  it.each<[string, object, boolean?]>([
    ['no id', { id: undefined }],
    ['no rawId', { rawId: undefined }],
    ['an empty id', { id: '' }],
    ['the longest id', { id: 'A'.repeat(1364) }, true],
    ['a longer id', { id: 'A'.repeat(1365) }],
    ['padding', { id: 'AA==' }],
    ['base64', { id: 'AA+/' }],
    ['a line break', { id: 'AAAA\n' }],
    ['another type', { type: 'password' }],
    ['no type', { type: undefined }],
    ['a long attachment', { authenticatorAttachment: 'x'.repeat(33) }],
    ['extensions that are a text', { clientExtensionResults: 'x' }],
    ['many extensions', { clientExtensionResults: MANY }],
    ['no response', { response: undefined }],
    ['an empty response', { response: {} }],
  ])('with %s is accepted only if it is right', async (_, members, isRight = false) => {
    expect(isCreation({ ...(await created()), ...members })).toBe(isRight)
    expect(isUse({ ...(await used()), ...members })).toBe(isRight)
  })

  it.each<[string, object, boolean?]>([
    ['no client data', { clientDataJSON: undefined }],
    ['4 KiB of client data', { clientDataJSON: 'A'.repeat(5462) }, true],
    ['more client data', { clientDataJSON: 'A'.repeat(5463) }],
    ['no attestation object', { attestationObject: undefined }],
    ['an attestation object of 16 KiB', { attestationObject: 'A'.repeat(21_846) }, true],
    ['a larger attestation object', { attestationObject: 'A'.repeat(21_847) }],
    ['no transports', { transports: undefined }, true],
    ['a new transport', { transports: ['telepathy'] }, true],
    ['a long transport', { transports: ['x'.repeat(33)] }],
    ['many transports', { transports: Array.from({ length: 17 }, () => 'usb') }],
    ['transports of numbers', { transports: [1] }],
    ['a public key in base64', { publicKey: 'AA==' }],
    ['a fraction of an algorithm', { publicKeyAlgorithm: 0.5 }],
  ])(
    'in a creation with %s is accepted only if it is right',
    async (_, members, isRight = false) => {
      const { response, ...rest } = await created()
      expect(isCreation({ ...rest, response: { ...response, ...members } })).toBe(isRight)
    },
  )

  it.each<[string, object, boolean?]>([
    ['no authenticator data', { authenticatorData: undefined }],
    ['much authenticator data', { authenticatorData: 'A'.repeat(5463) }],
    ['no signature', { signature: undefined }],
    ['a signature of RSA-4096', { signature: 'A'.repeat(683) }, true],
    ['a longer signature', { signature: 'A'.repeat(684) }],
    ['an empty user handle', { userHandle: '' }],
    ['the longest user handle', { userHandle: 'A'.repeat(86) }, true],
    ['a longer user handle', { userHandle: 'A'.repeat(87) }],
  ])('in a use with %s is accepted only if it is right', async (_, members, isRight = false) => {
    const { response, ...rest } = await used()
    expect(isUse({ ...rest, response: { ...response, ...members } })).toBe(isRight)
  })
})
