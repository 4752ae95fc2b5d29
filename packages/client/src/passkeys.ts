/**
 * The browser's part of passkeys (W3C WebAuthn Level 3): from the service's options to the credential
 * that is sent back. Browsers that cannot read or write JSON themselves are helped. Nothing here touches
 * the browser until a function is called.
 */
import type { PasskeyCreation, PasskeyRequest } from './api.ts'

/** Types of the DOM, as far as used, so that programs without it can be compiled. */
interface Browser {
  readonly navigator?: {
    readonly credentials?: {
      readonly create: (options: object) => Promise<unknown>
      readonly get: (options: object) => Promise<unknown>
    }
  }
  readonly PublicKeyCredential?: {
    readonly parseCreationOptionsFromJSON?: (options: object) => object
    readonly parseRequestOptionsFromJSON?: (options: object) => object
    readonly signalUnknownCredential?: (about: object) => Promise<void>
  }
}

/** A credential as the browser returns it. The members of `response` depend on what was asked for. */
interface Credential {
  readonly id: string
  readonly authenticatorAttachment?: string | null
  readonly response: Readonly<Record<string, unknown>> & {
    readonly getTransports?: () => string[]
  }
  readonly toJSON?: () => unknown
}

export interface CeremonyOptions {
  /** `conditional` offers passkeys in the autofill of a field, or creates one without asking. */
  readonly mediation?: 'conditional' | undefined
  /** Ends the waiting for the user. The call then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

export interface NewCredential {
  readonly id: string
  readonly rawId: string
  readonly type: 'public-key'
  readonly response: {
    readonly clientDataJSON: string
    readonly attestationObject: string
    readonly transports?: string[]
  }
}

export interface UsedCredential {
  readonly id: string
  readonly rawId: string
  readonly type: 'public-key'
  readonly response: {
    readonly clientDataJSON: string
    readonly authenticatorData: string
    readonly signature: string
    readonly userHandle?: string | null
  }
}

const browser = globalThis as unknown as Browser

/** Whether this is a browser that knows passkeys. */
export const supportsPasskeys = (): boolean =>
  browser.PublicKeyCredential !== undefined && browser.navigator?.credentials !== undefined

/** Makes a passkey, for options of the service. Throws what the browser throws, such as a `NotAllowedError` if the user cancels. */
export async function createPasskey(
  { publicKey }: PasskeyCreation,
  options: CeremonyOptions = {},
): Promise<NewCredential> {
  const parse = browser.PublicKeyCredential?.parseCreationOptionsFromJSON
  const parsed = parse?.(publicKey) ?? {
    ...publicKey,
    challenge: toBytes(publicKey.challenge),
    user: { ...publicKey.user, id: toBytes(publicKey.user.id) },
    excludeCredentials: publicKey.excludeCredentials.map(withBytes),
  }
  const made = await credentials().create({ publicKey: parsed, ...options })
  return toJson(made, ['clientDataJSON', 'attestationObject']) as unknown as NewCredential
}

/** Uses a passkey, for options of the service. Throws what the browser throws. */
export async function usePasskey(
  { publicKey }: PasskeyRequest,
  options: CeremonyOptions = {},
): Promise<UsedCredential> {
  const parse = browser.PublicKeyCredential?.parseRequestOptionsFromJSON
  const parsed = parse?.(publicKey) ?? {
    ...publicKey,
    challenge: toBytes(publicKey.challenge),
    ...(publicKey.allowCredentials && {
      allowCredentials: publicKey.allowCredentials.map(withBytes),
    }),
  }
  const used = await credentials().get({ publicKey: parsed, ...options })
  const parts = ['clientDataJSON', 'authenticatorData', 'signature', 'userHandle']
  return toJson(used, parts) as unknown as UsedCredential
}

/** Tells the browser that a passkey is not known, so that it is not offered again. Some browsers can. */
export function forgetPasskey({ publicKey }: PasskeyRequest, { id }: UsedCredential): void {
  const about = { rpId: publicKey.rpId, credentialId: id }
  browser.PublicKeyCredential?.signalUnknownCredential?.(about).catch(() => undefined)
}

function credentials() {
  const found = browser.navigator?.credentials
  if (!found) throw new TypeError('Passkeys need a browser and a secure context')
  return found
}

function toJson(made: unknown, parts: readonly string[]) {
  const credential = made as Credential
  if (credential.toJSON) return credential.toJSON()
  const { id, response, authenticatorAttachment } = credential
  const texts = parts.flatMap((name) => {
    const part = response[name]
    return part instanceof ArrayBuffer ? [[name, toText(part)]] : []
  })
  const transports = response.getTransports?.()
  return {
    id,
    rawId: id,
    type: 'public-key',
    ...(authenticatorAttachment && { authenticatorAttachment }),
    clientExtensionResults: {},
    response: { ...Object.fromEntries(texts), ...(transports && { transports }) },
  }
}

const withBytes = <T extends { readonly id: string }>(descriptor: T) => ({
  ...descriptor,
  id: toBytes(descriptor.id),
})

/** From base64url. */
const toBytes = (text: string): Uint8Array =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) =>
    char.charCodeAt(0),
  )

const toText = (bytes: ArrayBuffer): string =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
