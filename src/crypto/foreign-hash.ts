/**
 * Password hashes that came from elsewhere: verified at the first sign-in and then replaced by our
 * own (password-hash.ts). bcrypt, argon2id, scrypt and PBKDF2 in PHC, modular-crypt, Django's and
 * Firebase's forms; foreign/ has a file for each. Parameters are bounded before anything is
 * computed, so a hostile hash costs at most some 300 ms, and a malformed one verifies nothing.
 */
import { readArgon2 } from './foreign/argon2'
import { readBcrypt } from './foreign/bcrypt'
import type { ForeignHash, HashProblem } from './foreign/format'
import { readPbkdf2 } from './foreign/pbkdf2'
import { readFirebaseScrypt, readScrypt } from './foreign/scrypt'

const READERS = [readBcrypt, readArgon2, readScrypt, readFirebaseScrypt, readPbkdf2]
const MAX_STORED_CHARS = 512

function read(stored: string): ForeignHash | HashProblem {
  if (stored.length > MAX_STORED_CHARS) return 'hash_malformed'
  for (const reader of READERS) {
    const result = reader(stored)
    if (result !== undefined) return result
  }
  return 'hash_unsupported'
}

/** Why a hash could never be verified here, as a public code; null when it can be. */
export function foreignHashProblem(stored: string): HashProblem | null {
  const result = read(stored)
  return typeof result === 'string' ? result : null
}

/** True for a stored hash that verifyForeignHash can verify; never for one of our own. */
export const isForeignHash = (stored: string): boolean => foreignHashProblem(stored) === null

/**
 * True only for the right password, as it was typed: the other system did not normalise it. Never
 * throws; a fault of the runtime (no memory) is logged and counts as a wrong password.
 */
export async function verifyForeignHash(stored: string, password: string): Promise<boolean> {
  const result = read(stored)
  if (typeof result === 'string') return false
  try {
    return await result.verify(password)
  } catch (error) {
    // Never the message: it is not ours, and the password has just been in its hands.
    const reason = error instanceof Error ? error.name : 'unknown'
    console.warn(JSON.stringify({ event: 'foreign_hash_failed', reason }))
    return false
  }
}
