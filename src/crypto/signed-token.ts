/**
 * Signed tokens: `kind.payload.mac`. The payload is readable (base64url of JSON). The MAC is
 * HMAC-SHA-256 under a key of its kind (by HKDF from the TOKEN_KEYS entry that the payload names as
 * `k`). So a token of one kind never passes for another, and a forged one never reaches a Durable
 * Object. Nothing is stored here: the object that a token names decides what it is good for.
 */
import { fromBase64Url, fromUtf8, toBase64Url, utf8 } from './encoding'
import type { KeyRing } from './key-ring'

/** The payload of each kind, without the key id. `subject` names the user's object. */
export interface SignedPayloads {
  /** Refresh token: the session's id and the token's generation, which every exchange raises by one. */
  refresh: { subject: string; sid: string; n: number }
  /** Proof of the password step, presented with the second factor. */
  challenge: { subject: string; cid: string }
  /**
   * A challenge of a passkey ceremony: the WebAuthn challenge, its purpose, when it expires (ms), and
   * what it is bound to: a session, a sign-in challenge or an emailed token (its id or hash).
   */
  passkey: { challenge: string; purpose: PasskeyPurpose; expires: number; to: string | null }
  /** A trusted browser: its id in the user's object, and the token's generation. */
  device: { subject: string; did: string; n: number }
  /** The emailed link that undoes an added sign-in method: a passkey or a trusted browser. */
  undo: { subject: string; passkey: string | null; device: string | null; expires: number }
  /**
   * The hosted pages' cookie of a sign-up: the account that this registration made, and until when (ms).
   * If the address was taken, the subject is nobody's.
   */
  sign_up: { subject: string; expires: number }
  /** The hosted pages' cookie: names a session and is valid as long as it. */
  page: { subject: string; sid: string }
  /** A message that the hosted pages show once: which text, and what it is about. */
  note: { about: string; detail: string }
}
/** `create_unseen`: made after a sign-in without asking the user (conditional create). */
export type PasskeyPurpose =
  | 'sign_in'
  | 'second_step'
  | 'step_up'
  | 'create'
  | 'create_unseen'
  | 'create_by_link'
export type SignedTokenKind = keyof SignedPayloads

const MAX_TOKEN_CHARS = 512

/** Signs with the newest key. While that stays the newest, the same payload gives the same token. */
export async function signToken<K extends SignedTokenKind>(
  keys: KeyRing,
  kind: K,
  payload: SignedPayloads[K],
): Promise<string> {
  const keyId = keys.ids[0]
  const body = `${kind}.${toBase64Url(utf8(JSON.stringify({ k: keyId, ...payload })))}`
  const key = await keys.hmac(keyId, `sealed-token/${kind}`)
  if (!key) throw new Error('the newest token key must exist')
  return `${body}.${toBase64Url(await crypto.subtle.sign('HMAC', key, utf8(body)))}`
}

/** The payload of a token of this kind whose MAC is valid; undefined for any other text. */
export async function verifyToken<K extends SignedTokenKind>(
  keys: KeyRing,
  kind: K,
  token: string,
): Promise<SignedPayloads[K] | undefined> {
  const [tokenKind, payloadText, macText, ...rest] = token.slice(0, MAX_TOKEN_CHARS + 1).split('.')
  if (tokenKind !== kind || !payloadText || !macText || rest.length > 0) return undefined
  const mac = fromBase64Url(macText)
  const payload = readPayload(payloadText)
  if (!mac || !payload) return undefined
  const key = await keys.hmac(payload.k, `sealed-token/${kind}`)
  if (!key) return undefined
  const isAuthentic = await crypto.subtle.verify('HMAC', key, mac, utf8(`${kind}.${payloadText}`))
  // A valid MAC means that signToken created the token, so its payload has the shape of its kind.
  return isAuthentic ? (payload as unknown as SignedPayloads[K]) : undefined
}

/** Read before the MAC is checked, because it names the key. Trusts only the type of the key id. */
function readPayload(text: string): { k: string } | undefined {
  const bytes = fromBase64Url(text)
  if (!bytes) return undefined
  try {
    const payload: unknown = JSON.parse(fromUtf8(bytes))
    const isKeyed = typeof payload === 'object' && payload !== null && 'k' in payload
    return isKeyed && typeof payload.k === 'string' ? { ...payload, k: payload.k } : undefined
  } catch {
    return undefined
  }
}
