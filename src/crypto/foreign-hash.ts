/**
 * Password hashes imported from other systems. They are verified at the first sign-in and then
 * replaced by our own (password-hash.ts). Supports bcrypt, argon2id, scrypt and PBKDF2 in the
 * formats of common systems; foreign/ has a file for each. Parameters are bounded before anything
 * is computed, so a hostile hash costs at most some 300 ms (twice that for a password with quotes
 * under WordPress), and a malformed one verifies nothing.
 */
import { errorName, log, type LogSource } from '../log'
import { readArgon2 } from './foreign/argon2'
import { readAspNet } from './foreign/aspnet'
import { readBcrypt } from './foreign/bcrypt'
import { readFirebaseScrypt } from './foreign/firebase'
import type { ForeignHash, HashProblem } from './foreign/format'
import { nameOf } from './foreign/names'
import { readPbkdf2 } from './foreign/pbkdf2'
import { readScrypt } from './foreign/scrypt'
import { unwrapped } from './foreign/wrapped'
import { isPassword } from './password-hash'

const READERS = [readBcrypt, readArgon2, readScrypt, readFirebaseScrypt, readPbkdf2, readAspNet]
const MAX_STORED_CHARS = 512

function read(stored: string): ForeignHash | HashProblem {
  if (stored.length > MAX_STORED_CHARS) return 'hash_malformed'
  const bare = unwrapped(stored)
  for (const reader of READERS) {
    const result = reader(bare)
    if (result !== undefined) return result
  }
  return 'hash_unsupported'
}

/** Why a hash cannot be verified here, as a public code; null if it can be. */
export function foreignHashProblem(stored: string): HashProblem | null {
  const result = read(stored)
  return typeof result === 'string' ? result : null
}

/** The same as a text, with the kind of hash if that kind is unsupported. */
export const hashProblemText = (stored: string, problem: HashProblem): string =>
  problem === 'hash_unsupported'
    ? `This password hash cannot be verified here: it is ${nameOf(unwrapped(stored))}`
    : 'This password hash cannot be verified here'

/** True for a stored hash that verifyForeignHash can verify; never for one of our own. */
export const isForeignHash = (stored: string): boolean => foreignHashProblem(stored) === null

/**
 * True only for the correct password, compared as typed, because the other system did not normalize
 * it. Never throws: a fault of the runtime (no memory) is logged and counts as a wrong password.
 */
export const verifyForeignHash = async (
  stored: string,
  password: string,
  source: LogSource | null = null,
): Promise<boolean> => isPassword(password) && verify(stored, password, source)

/** True for a hash that the empty password verifies. Costs as much as a verification. */
export const isHashOfEmptyPassword = (stored: string): Promise<boolean> => verify(stored, '', null)

/**
 * Whether the hash, which has verified this password, would reject every other text. If not, the
 * user may know another text as the password, so this one must not replace it.
 */
export function seesWholePassword(stored: string, password: string): boolean {
  const result = read(stored)
  return typeof result !== 'string' && (result.seesWhole?.(password) ?? true)
}

/** Estimated CPU time of one verification in milliseconds; 0 for a hash that cannot be verified. */
export function verificationCostMs(stored: string): number {
  const result = read(stored)
  return typeof result === 'string' ? 0 : result.costMs
}

async function verify(
  stored: string,
  password: string,
  source: LogSource | null,
): Promise<boolean> {
  const result = read(stored)
  if (typeof result === 'string') return false
  try {
    return await result.verify(password)
  } catch (error) {
    // Never log the message: it is not ours, and may contain the password that was just verified.
    log.warn('foreign_hash_failed', source, { reason: errorName(error) })
    return false
  }
}
