/**
 * How strong a session is, by the authentication methods that it was opened with and that step-up has
 * added (`amr`, RFC 8176). What demands two factors asks the session, not the account: an account may
 * have factors that this session was opened without.
 */
import type { Amr, Strength } from '../events'

/** Methods that can be the second of two. A passkey is one even if it did not verify its user. */
const SECOND_FACTORS: readonly Amr[] = ['otp', 'rc', 'hwk', 'swk']
/** Methods that can be the first of two. An emailed code and a password are never both. */
const FIRST_FACTORS: readonly Amr[] = ['pwd', 'fed', 'mail']

/**
 * The methods of a session after another proof, without duplicates. `mfa` is added when a first and a
 * second factor are among them. A passkey that verified its user brings `mfa` with it.
 */
export function withProof(amr: readonly Amr[], proof: readonly Amr[]): Amr[] {
  const all = [...new Set([...amr, ...proof])].filter((method) => method !== 'mfa')
  const isBoth =
    all.some((method) => FIRST_FACTORS.includes(method)) &&
    all.some((method) => SECOND_FACTORS.includes(method))
  const isMultiple = isBoth || amr.includes('mfa') || proof.includes('mfa')
  return isMultiple ? [...all, 'mfa'] : all
}

export const strengthOf = ({ amr }: { readonly amr: readonly Amr[] }): Strength =>
  amr.includes('mfa') ? 2 : 1
