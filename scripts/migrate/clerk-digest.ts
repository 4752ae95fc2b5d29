/**
 * Clerk's digests in the forms that Gatehouse verifies. `password_hasher` decides, not the look of the
 * digest: `pbkdf2_sha256` and `pbkdf2_sha256_django` read alike, and differ in whether the salt is
 * base64. What cannot be rewritten is a note.
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
