/**
 * Credentials of apps and resources: 22 random characters, and a secret of 256 random bits that is shown
 * once. Only its SHA-256 is stored.
 */
import { randomId, sha256, toBase64Url } from '../crypto/encoding'

/** By this prefix scanners for leaked secrets can find one. */
const PREFIX = 'ghs_'
const SECRET_BYTES = 32

/** For how long a replaced secret is accepted beside the new one. */
export const OVERLAP_MS = 24 * 60 * 60_000

export interface NewSecret {
  readonly secret: string
  readonly hash: string
}

export async function newSecret(): Promise<NewSecret> {
  const secret = PREFIX + toBase64Url(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)))
  return { secret, hash: await sha256(secret) }
}

/** Does not begin with a dash: ids are typed on command lines, where that would be an option. */
export function newClientId(): string {
  const id = randomId()
  return id.startsWith('-') ? newClientId() : id
}
