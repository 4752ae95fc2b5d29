/**
 * Converts Clerk's digests to formats that Gatehouse verifies. `password_hasher` determines the
 * format, not the digest's appearance: `pbkdf2_sha256` and `pbkdf2_sha256_django` look alike, but
 * only one has a base64 salt. A digest that cannot be converted is reported in a note.
 */

export interface Digest {
  readonly hash?: string | undefined
  readonly notes: readonly string[]
}

const AS_IT_IS = new Set([
  'bcrypt',
  'bcrypt_sha256_django',
  'argon2i',
  'argon2id',
  'pbkdf2_sha256_django',
  'scrypt_werkzeug',
])

export function fromClerkDigest(digest: string | undefined, hasher = 'bcrypt'): Digest {
  if (digest === undefined) return { notes: [] }
  const hash = AS_IT_IS.has(hasher) ? digest : rewrite(digest, hasher)
  if (hash !== undefined) return { hash, notes: [] }
  return { notes: [`the password is not carried over: ${hasher} cannot be verified here`] }
}

function rewrite(digest: string, hasher: string): string | undefined {
  const parts = digest.split('$')
  if (hasher === 'scrypt_firebase' && parts.length === 6) {
    const [hash, salt, signerKey, separator, rounds, memory] = parts
    return `$fbscrypt$v=1,n=${memory},r=${rounds},p=1,ss=${separator},sk=${signerKey}$${salt}$${hash}`
  }
  const [, iterations, salt = '', hash = ''] = parts
  if (parts.length !== 4) return undefined
  if (hasher === 'pbkdf2_sha256') return `$pbkdf2-sha256$i=${iterations}$${salt}$${hash}`
  if (hasher === 'pbkdf2_sha1' && /^([0-9a-f]{2})+$/i.test(hash)) {
    const bytes = hash.match(/../g)?.map((pair) => Number.parseInt(pair, 16)) ?? []
    return `pbkdf2_sha1$${iterations}$${salt}$${btoa(String.fromCharCode(...bytes))}`
  }
  return undefined
}
