/**
 * Signatures as in Standard Webhooks 1.0.0: HMAC-SHA-256 of `id.timestamp.body` with the bytes that
 * `whsec_<base64>` encodes. There is one signature for each valid secret, so a receiver with either
 * secret can verify.
 */
import { utf8 } from '../crypto/encoding'

const PREFIX = 'whsec_'
/** The standard requires 24 to 64. */
const SECRET_BYTES = 32

export const newSecret = (): string =>
  PREFIX + crypto.getRandomValues(new Uint8Array(SECRET_BYTES)).toBase64()

/** Returns the signature headers of one attempt; `at` is in milliseconds. */
export async function signatureHeaders(
  secrets: readonly string[],
  { id, at, body }: { id: string; at: number; body: string },
): Promise<Record<string, string>> {
  const timestamp = String(Math.floor(at / 1000))
  const signed = utf8(`${id}.${timestamp}.${body}`)
  const signatures = await Promise.all(
    secrets.map(async (secret) => {
      const bytes = Uint8Array.fromBase64(secret.slice(PREFIX.length))
      const how = { name: 'HMAC', hash: 'SHA-256' }
      const key = await crypto.subtle.importKey('raw', bytes, how, false, ['sign'])
      return `v1,${new Uint8Array(await crypto.subtle.sign(how, key, signed)).toBase64()}`
    }),
  )
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  }
}
