/**
 * Sealed tokens: `kind.payload.mac`. The payload is readable (base64url of JSON), the mac is
 * HMAC-SHA-256 under a key of its kind (HKDF from TOKEN_KEYS, `kid` named in the payload's head), so
 * a token of one kind never passes as another and a forged one wakes no Durable Object.
 * What a token is good for is decided by the object that it names: nothing here is stored.
 */
import { fromBase64Url, fromUtf8, toBase64Url, utf8 } from './encoding'
import type { KeyRing } from './key-ring'

/** What each kind carries besides the key id. `subject` names the user's object. */
export interface SealedPayloads {
  /** Refresh token: session id and its rotation counter. */
  refresh: { subject: string; sid: string; n: number }
  /** Proof of the password step, presented with the second factor. */
  challenge: { subject: string; cid: string }
  /** The hosted pages' cookie: names a session and lives as long as it. */
  page: { subject: string; sid: string }
  /** Something for the hosted pages to say once: which text, and what it is about. */
  note: { about: string; detail: string }
}
export type SealedKind = keyof SealedPayloads

const MAX_TOKEN_CHARS = 512

/** Seals under the newest key. The same payload gives the same token as long as the key is newest. */
export async function sealToken<K extends SealedKind>(
  keys: KeyRing,
  kind: K,
  payload: SealedPayloads[K],
): Promise<string> {
  const keyId = keys.ids[0]
  const body = `${kind}.${toBase64Url(utf8(JSON.stringify({ k: keyId, ...payload })))}`
  const key = await keys.hmac(keyId, `sealed-token/${kind}`)
  if (!key) throw new Error('the newest token key must exist')
  return `${body}.${toBase64Url(await crypto.subtle.sign('HMAC', key, utf8(body)))}`
}

/** The payload of an authentic token of this kind, or undefined for anything else whatsoever. */
export async function openToken<K extends SealedKind>(
  keys: KeyRing,
  kind: K,
  token: string,
): Promise<SealedPayloads[K] | undefined> {
  const [tokenKind, payloadText, macText, ...rest] = token.slice(0, MAX_TOKEN_CHARS + 1).split('.')
  if (tokenKind !== kind || !payloadText || !macText || rest.length > 0) return undefined
  const mac = fromBase64Url(macText)
  const payload = readPayload(payloadText)
  if (!mac || !payload) return undefined
  const key = await keys.hmac(payload.k, `sealed-token/${kind}`)
  if (!key) return undefined
  const isAuthentic = await crypto.subtle.verify('HMAC', key, mac, utf8(`${kind}.${payloadText}`))
  // Authentic means that sealToken made it, so the shape is the kind's own.
  return isAuthentic ? (payload as unknown as SealedPayloads[K]) : undefined
}

/** Needed before the mac can be checked, as it names the key: believes nothing but the key id's type. */
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
