/**
 * A software authenticator with its browser: makes and uses passkeys as W3C WebAuthn Level 3 says,
 * with WebCrypto and without any of the product's code. What it holds is discoverable.
 */
import { encodeCBOR } from '@levischuck/tiny-cbor'
import {
  ALGORITHMS,
  base64Url,
  type Bytes,
  type Cose,
  coseKey,
  fromBase64Url,
  fromHex,
  join,
  type KeyPair,
  sha256,
  sign,
  utf8,
} from './webauthn-bytes.ts'

type Alter = (bytes: Bytes) => Bytes

interface Held {
  readonly id: string
  readonly rpId: string
  readonly userHandle: string
  readonly algorithm: Cose
  readonly keys: KeyPair
  signCount: number
}
interface Flags {
  readonly isUserVerified: boolean
  readonly isBackupEligible: boolean
  readonly isBackedUp: boolean
}
interface Traits extends Flags {
  /** The only algorithm that it knows. It is chosen even where it was not asked for. */
  readonly algorithm: Cose | undefined
  readonly aaguid: string
  /** The counter at creation. It rises with each use, but one that begins at 0 stays there. */
  readonly signCount: number
}
/** PublicKeyCredentialCreationOptionsJSON and PublicKeyCredentialRequestOptionsJSON, as far as read. */
interface CreationOptions {
  readonly challenge: string
  readonly rp: { readonly id: string }
  readonly user: { readonly id: string }
  readonly pubKeyCredParams: readonly { readonly alg: number }[]
  readonly excludeCredentials?: readonly { readonly id: string }[]
}
interface RequestOptions {
  readonly challenge: string
  readonly rpId: string
  readonly allowCredentials?: readonly { readonly id: string }[]
}
/** The page, and departures from what a well-behaved browser and authenticator do. */
interface How extends Partial<Flags> {
  readonly origin: string
  readonly isUserPresent?: boolean
  readonly signCount?: number
  readonly rpId?: string
  readonly crossOrigin?: unknown
  readonly topOrigin?: unknown
  /** Members that replace or follow those of the client data. */
  readonly clientData?: Readonly<Record<string, unknown>>
  /** Extension outputs as CBOR. They set the flag ED. */
  readonly extensions?: Bytes
  /** Changes of bytes. Client data and authenticator data change before they are signed. */
  readonly alter?: Partial<
    Record<'clientData' | 'authenticatorData' | 'attestationObject' | 'signature', Alter>
  >
}
interface HowToCreate extends How {
  readonly credentialId?: Bytes
  /** The COSE key that is sent instead of the real one. */
  readonly publicKey?: Bytes
  readonly attestation?: {
    readonly fmt: string
    readonly attStmt: Parameters<typeof encodeCBOR>[0]
  }
}

export class SoftwareAuthenticator {
  readonly #traits: Traits
  #held: Held[] = []

  constructor(traits: Partial<Traits> = {}) {
    this.#traits = {
      algorithm: undefined,
      isUserVerified: true,
      isBackupEligible: true,
      isBackedUp: true,
      aaguid: '00000000-0000-0000-0000-000000000000',
      signCount: 0,
      ...traits,
    }
  }

  /** Another one with the same keys, and with the counters as they are now. */
  clone(): SoftwareAuthenticator {
    const copy = new SoftwareAuthenticator(this.#traits)
    copy.#held = this.#held.map((held) => ({ ...held }))
    return copy
  }

  /** What `navigator.credentials.create()` returns, as JSON. */
  async create(options: CreationOptions, how: HowToCreate) {
    if (this.#among(options.excludeCredentials)) throw new DOMException('', 'InvalidStateError')
    const asked = options.pubKeyCredParams.map(({ alg }) => alg).find((alg) => alg in ALGORITHMS)
    const algorithm = this.#traits.algorithm ?? (asked as Cose | undefined)
    if (!algorithm) throw new DOMException('', 'NotSupportedError')
    const usages = ['sign', 'verify'] as const
    const keys = await crypto.subtle.generateKey(ALGORITHMS[algorithm], false, [...usages])
    const held: Held = {
      id: base64Url(how.credentialId ?? crypto.getRandomValues(new Uint8Array(16))),
      rpId: options.rp.id,
      userHandle: options.user.id,
      algorithm,
      keys: keys as KeyPair,
      signCount: this.#traits.signCount,
    }
    // It keeps one passkey for each account of a site, as CTAP 2.1 says of makeCredential.
    const isOther = ({ rpId, userHandle }: Held) =>
      rpId !== held.rpId || userHandle !== held.userHandle
    this.#held = [...this.#held.filter(isOther), held]
    const id = fromBase64Url(held.id)
    const publicKey = how.publicKey ?? (await coseKey(held))
    const aaguid = fromHex(this.#traits.aaguid.replaceAll('-', ''))
    const attested = join(aaguid, Uint8Array.of(id.length >> 8, id.length), id, publicKey)
    const authData = await this.#authenticatorData(held, how, attested)
    const { fmt, attStmt } = how.attestation ?? { fmt: 'none', attStmt: new Map() }
    const object = encodeCBOR(new Map(Object.entries({ fmt, attStmt, authData }))) as Bytes
    return {
      ...around(held),
      response: {
        clientDataJSON: base64Url(clientData('webauthn.create', options.challenge, how)),
        attestationObject: base64Url((how.alter?.attestationObject ?? same)(object)),
        authenticatorData: base64Url(authData),
        publicKeyAlgorithm: algorithm,
        transports: ['hybrid', 'internal'],
      },
    }
  }

  /** What `navigator.credentials.get()` returns, as JSON. */
  async get(options: RequestOptions, how: How & { readonly userHandle?: string | null }) {
    const known = this.#held.filter(({ rpId }) => rpId === options.rpId)
    const allowed = options.allowCredentials?.length ? options.allowCredentials : known
    const held = this.#among(allowed)
    if (!held) throw new DOMException('', 'NotAllowedError')
    if (held.signCount > 0) held.signCount += 1
    const client = clientData('webauthn.get', options.challenge, how)
    const data = await this.#authenticatorData(held, how)
    const signature = await sign(held, join(data, await sha256(client)))
    return {
      ...around(held),
      response: {
        clientDataJSON: base64Url(client),
        authenticatorData: base64Url(data),
        signature: base64Url((how.alter?.signature ?? same)(signature)),
        userHandle: how.userHandle === undefined ? held.userHandle : how.userHandle,
      },
    }
  }

  /** The newest of those that it holds. */
  #among(ids: readonly { readonly id: string }[] = []): Held | undefined {
    return this.#held.findLast((held) => ids.some(({ id }) => id === held.id))
  }

  async #authenticatorData(held: Held, how: How, attested?: Bytes): Promise<Bytes> {
    const has = { isUserPresent: true, ...this.#traits, ...how }
    const flags =
      (has.isUserPresent ? 0x01 : 0) |
      (has.isUserVerified ? 0x04 : 0) |
      (has.isBackupEligible ? 0x08 : 0) |
      (has.isBackedUp ? 0x10 : 0) |
      (attested ? 0x40 : 0) |
      (how.extensions ? 0x80 : 0)
    const counter = new DataView(new ArrayBuffer(4))
    counter.setUint32(0, how.signCount ?? held.signCount)
    const data = join(
      await sha256(utf8(how.rpId ?? held.rpId)),
      Uint8Array.of(flags),
      new Uint8Array(counter.buffer),
      attested ?? new Uint8Array(),
      how.extensions ?? new Uint8Array(),
    )
    return (how.alter?.authenticatorData ?? same)(data)
  }
}

const same: Alter = (bytes) => bytes

const around = ({ id }: Held) => ({
  id,
  rawId: id,
  type: 'public-key' as const,
  authenticatorAttachment: 'platform',
  clientExtensionResults: {},
})

function clientData(type: string, challenge: string, how: How): Bytes {
  const { origin, crossOrigin = false, topOrigin } = how
  const data = { type, challenge, origin, crossOrigin, topOrigin, ...how.clientData }
  return (how.alter?.clientData ?? same)(utf8(JSON.stringify(data)))
}
