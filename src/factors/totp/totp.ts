/**
 * Time-based one-time passwords (RFC 6238) as all authenticator apps support them: SHA-1, 6 digits
 * and steps of 30 s.
 */
// The build on node:crypto, which the runtime has; the default build bundles its own SHA library.
import { Secret, TOTP } from 'otpauth/dist/otpauth.node.min.mjs'

const PERIOD_SECONDS = 30
/** 160 bits, as RFC 4226 section 4 recommends. */
const SECRET_BYTES = 20
/** One step either way, for clocks that differ and users who type slowly (RFC 6238 section 5.2). */
const WINDOW = 1

/** A new random secret in base32. */
export const newSecret = (): string =>
  new Secret({ buffer: crypto.getRandomValues(new Uint8Array(SECRET_BYTES)).buffer }).base32

const totpOf = (secret: string) =>
  new TOTP({ secret: Secret.fromBase32(secret), digits: 6, period: PERIOD_SECONDS })

/** The URI that authenticator apps read from a QR code. */
export const otpauthUri = (secret: string, issuer: string, label: string): string =>
  new TOTP({
    issuer,
    label,
    secret: Secret.fromBase32(secret),
    digits: 6,
    period: PERIOD_SECONDS,
  }).toString()

/**
 * The time step that a code belongs to, or null if it matches none near `now` (milliseconds). Does
 * not prevent replay: the caller must have the step accepted by the user's object, which accepts
 * each step only once.
 */
export function matchStep(secret: string, code: string, now: number): number | null {
  // The library compares in constant time, but throws if the lengths differ.
  if (!/^[0-9]{6}$/.test(code)) return null
  const delta = totpOf(secret).validate({ token: code, timestamp: now, window: WINDOW })
  return delta === null ? null : Math.floor(now / 1000 / PERIOD_SECONDS) + delta
}
