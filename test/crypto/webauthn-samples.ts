/**
 * Responses that are right, or wrong in one or two places, made by a seed. Nothing that is created is
 * signed, as the attestation is `none`, so its parts are put together again after a change. What is
 * used is signed before or after a change.
 */
import { encodeCBOR } from '@levischuck/tiny-cbor'
import type {
  AssertionCredential,
  RegistrationCredential,
  StoredCredential,
} from '../../src/crypto/webauthn'
import type { Random } from '../simulation/random'
import type { SoftwareAuthenticator } from '../support/authenticator'
import { base64Url, type Bytes, fromBase64Url, join, utf8 } from '../support/webauthn-bytes'
import {
  flipBit,
  one,
  type Mutate,
  mutateBytes,
  mutateCbor,
  mutateClientData,
  mutateDer,
  mutateText,
  otherS,
} from './mutate'
import { PAGE, REQUEST } from './passkeys'

export interface Passkey {
  readonly authenticator: SoftwareAuthenticator
  readonly stored: StoredCredential
  readonly created: RegistrationCredential
  /** As COSE, which the oracle takes. */
  readonly publicKey: Bytes
}
interface Sample<Credential> {
  readonly what: string
  /** Both verifiers must accept it. */
  readonly isRight: boolean
  readonly credential: Credential
}

const EXTENSIONS = encodeCBOR(new Map([['credProtect', 2]])) as Bytes
/** An AAGUID, an id of one byte, and a key that is a map. */
const CREDENTIAL = join(new Uint8Array(17), Uint8Array.of(1, 0, 0xa0))
const moreClientData: Mutate = (random, bytes) =>
  join(utf8(`{ "extra":[${random.below(100)}],\n`), bytes.subarray(1))
const otherCounter: Mutate = (random, bytes) =>
  join(bytes.subarray(0, 33), Uint8Array.of(0, 0, 0, random.below(256)), bytes.subarray(37))
const otherVerification: Mutate = (_, bytes) => bytes.with(32, (bytes[32] ?? 0) ^ 0x04)
const otherBackup: Mutate = (_, bytes) => bytes.with(32, (bytes[32] ?? 0) ^ 0x10)

interface Parts {
  clientData: Bytes
  /** Hash, flags and counter. */
  fixed: Bytes
  /** AAGUID and credential id. */
  credential: Bytes
  key: Bytes
  extensions: Bytes
}
type PartChange = readonly [keyof Parts, string, Mutate]

const PARTS: readonly PartChange[] = [
  ['clientData', 'bytes', mutateBytes],
  ['clientData', 'members', mutateClientData],
  ['fixed', 'bit', flipBit],
  ['fixed', 'bytes', mutateBytes],
  ['credential', 'bytes', mutateBytes],
  ['key', 'bit', flipBit],
  ['key', 'bytes', mutateBytes],
  ['key', 'CBOR', mutateCbor],
  ['extensions', 'CBOR', (random) => mutateCbor(random, EXTENSIONS)],
]
const RIGHT_PARTS: readonly PartChange[] = [
  ['clientData', 'nothing', (_, bytes) => bytes],
  ['clientData', 'more', moreClientData],
  ['fixed', 'counter', otherCounter],
  ['fixed', 'user verification', otherVerification],
  ['fixed', 'backup', otherBackup],
  ['credential', 'AAGUID', (random, bytes) => bytes.with(3, random.below(256))],
  ['extensions', 'some', () => EXTENSIONS],
]

/** A creation. */
export function createdSample(
  random: Random,
  { created, stored, publicKey }: Passkey,
): Sample<RegistrationCredential> {
  const data = fromBase64Url((created.response as any).authenticatorData)
  const idEnd = 55 + fromBase64Url(stored.credentialId).length
  const parts: Parts = {
    clientData: fromBase64Url(created.response.clientDataJSON),
    fixed: data.slice(0, 37),
    credential: data.slice(37, idEnd),
    key: publicKey,
    extensions: new Uint8Array(),
  }
  const isRight = random.chance(0.1)
  const isWhole = !isRight && random.chance(0.25)
  const what = []
  if (!isWhole || random.chance(0.1)) {
    const [part, how, mutate] = one(random, isRight ? RIGHT_PARTS : PARTS)
    parts[part] = mutate(random, parts[part])
    what.push(`${part}: ${how}`)
  }
  const { clientData, fixed, credential, key, extensions } = parts
  const flags = (fixed[32] ?? 0) | (extensions.length > 0 ? 0x80 : 0)
  const head = fixed.length > 32 ? fixed.with(32, flags) : fixed
  const authData = join(head, credential, key, extensions)
  const members = Object.entries({ fmt: 'none', attStmt: new Map(), authData })
  const object = encodeCBOR(new Map(members)) as Bytes
  const [how, mutate] = isWhole ? one(random, WHOLES) : ['', same]
  const response = {
    ...created.response,
    clientDataJSON: base64Url(clientData),
    attestationObject: base64Url(mutate(random, object)),
  }
  const sample = { what: [...what, how].join(' '), isRight, credential: { ...created, response } }
  return how === 'spelling' ? { ...sample, credential: respelt(random, sample.credential) } : sample
}

const same: Mutate = (_, bytes) => bytes
const WHOLES: readonly (readonly [string, Mutate])[] = [
  ['attestation object', mutateBytes],
  ['CBOR', mutateCbor],
  ['spelling', same],
]

function respelt(random: Random, credential: RegistrationCredential): RegistrationCredential {
  const { id, rawId, response } = credential
  const texts = { id, ...response }
  const name = one(random, ['id', 'clientDataJSON', 'attestationObject'] as const)
  texts[name] = mutateText(random, texts[name])
  const newId = { id: texts.id, rawId: random.chance(0.9) ? texts.id : rawId }
  return { ...credential, ...newId, response: { ...response, ...texts } }
}

type How = Parameters<SoftwareAuthenticator['get']>[1]
type AlterCredential = (credential: AssertionCredential) => AssertionCredential
type Change = (random: Random) => { how?: Partial<How>; after?: AlterCredential }

const signed =
  (part: 'clientData' | 'authenticatorData' | 'signature', mutate: Mutate): Change =>
  (random) => ({
    how: { alter: { [part]: (bytes: Bytes) => mutate(random, bytes) } },
  })
const unsigned =
  (part: 'clientDataJSON' | 'authenticatorData' | 'signature', mutate: Mutate): Change =>
  (random) => ({
    after: ({ response, ...rest }) => {
      const text = base64Url(mutate(random, fromBase64Url(response[part])))
      return { ...rest, response: { ...response, [part]: text } }
    },
  })

const USES: readonly (readonly [string, Change])[] = [
  ['signed client data', signed('clientData', mutateBytes)],
  ['signed members', signed('clientData', mutateClientData)],
  ['signed data', signed('authenticatorData', mutateBytes)],
  ['signed flags', signed('authenticatorData', (random, data) => data.with(32, random.below(256)))],
  ['signed bit', signed('authenticatorData', flipBit)],
  [
    'signed credential',
    signed('authenticatorData', (_, data) =>
      join(data.with(32, (data[32] ?? 0) | 0x40), CREDENTIAL),
    ),
  ],
  ['signed extensions', (random) => ({ how: { extensions: mutateCbor(random, EXTENSIONS) } })],
  ['client data', unsigned('clientDataJSON', mutateBytes)],
  ['data', unsigned('authenticatorData', mutateBytes)],
  ['bit', unsigned('authenticatorData', flipBit)],
  ['signature', unsigned('signature', mutateBytes)],
  ['DER of the signature', unsigned('signature', mutateDer)],
  ['user handle', (random) => ({ how: { userHandle: one(random, ['', 'AAAA', 'dXNlcg']) } })],
  [
    'spelling',
    (random) => ({
      after: ({ id, rawId, type, response: { userHandle, ...response } }) => {
        const texts = { id, ...response }
        const names = ['id', 'clientDataJSON', 'authenticatorData', 'signature'] as const
        const name = one(random, names)
        texts[name] = mutateText(random, texts[name])
        const newId = { id: texts.id, rawId: random.chance(0.9) ? texts.id : rawId }
        return { ...newId, type, response: { ...response, ...texts, userHandle } }
      },
    }),
  ],
]

const RIGHT_USES: typeof USES = [
  ['nothing', () => ({})],
  ['more client data', signed('clientData', moreClientData)],
  ['counter', signed('authenticatorData', otherCounter)],
  ['user verification', signed('authenticatorData', otherVerification)],
  ['backup', signed('authenticatorData', otherBackup)],
  ['extensions', () => ({ how: { extensions: EXTENSIONS } })],
  ['no user handle', () => ({ how: { userHandle: null } })],
]

/** A use. */
export async function usedSample(
  random: Random,
  { authenticator, stored }: Passkey,
): Promise<Sample<AssertionCredential>> {
  const isRight = random.chance(0.1)
  const [what, change] = one(random, isRight ? RIGHT_USES : USES)
  const { how, after = (credential) => credential } = change(random)
  const used = await authenticator.get(REQUEST, { ...PAGE, ...how })
  if (isRight && what === 'nothing' && stored.algorithm === -7) {
    const signature = base64Url(otherS(fromBase64Url(used.response.signature)))
    return {
      what: 'n - s',
      isRight,
      credential: { ...used, response: { ...used.response, signature } },
    }
  }
  return { what, isRight, credential: after(used) }
}
