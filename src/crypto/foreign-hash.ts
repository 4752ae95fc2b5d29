/**
 * Password hashes that came from elsewhere: verified at the first sign-in and then replaced by our
 * own (password-hash.ts). bcrypt, argon2id, scrypt and PBKDF2 in the spellings of the usual systems;
 * foreign/ has a file for each. Parameters are bounded before anything is computed, so a hostile
 * hash costs at most some 300 ms (twice that for a password with quotes under WordPress), and a
 * malformed one verifies nothing.
 */
import { readArgon2 } from './foreign/argon2'
import { readAspNet } from './foreign/aspnet'
import { readBcrypt } from './foreign/bcrypt'
import { readFirebaseScrypt } from './foreign/firebase'
import type { ForeignHash, HashProblem } from './foreign/format'
import { nameOf } from './foreign/names'
import { readPbkdf2 } from './foreign/pbkdf2'
import { readScrypt } from './foreign/scrypt'
import { unwrapped } from './foreign/wrapped'
import { errorName, log, type LogSource } from '../log'

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

/** Why a hash could never be verified here, as a public code; null when it can be. */
export function foreignHashProblem(stored: string): HashProblem | null {
  const result = read(stored)
  return typeof result === 'string' ? result : null
}

/** The same in words, with the kind of hash where it is a kind that nothing here verifies. */
export const hashProblemText = (stored: string, problem: HashProblem): string =>
  problem === 'hash_unsupported'
    ? `This password hash cannot be verified here: it is ${nameOf(unwrapped(stored))}`
    : 'This password hash cannot be verified here'

/** True for a stored hash that verifyForeignHash can verify; never for one of our own. */
export const isForeignHash = (stored: string): boolean => foreignHashProblem(stored) === null

/**
 * Whether a text may be tried against a hash. The empty password may not: other systems stored its
 * hash for users who never chose one (Supabase did for social sign-ups until November 2023). Nor may
 * a NUL: HMAC and bcrypt pad with NULs, so a text of NULs is the empty password to them.
 */
export const isPassword = (text: string): boolean => text !== '' && !text.includes('\0')

/**
 * True only for the right password, as it was typed: the other system did not normalise it. Never
 * throws; a fault of the runtime (no memory) is logged and counts as a wrong password.
 */
export const verifyForeignHash = async (
  stored: string,
  password: string,
  source: LogSource | null = null,
): Promise<boolean> => isPassword(password) && verify(stored, password, source)

/** True for a hash that the empty password verifies. Costs what a verification does. */
export const isHashOfEmptyPassword = (stored: string): Promise<boolean> => verify(stored, '', null)

/**
 * Whether the hash tells this password, which it has verified, from every other text. If not, the
 * password that its owner knows may be another one, and must not be replaced by this one.
 */
export function seesWholePassword(stored: string, password: string): boolean {
  const result = read(stored)
  return typeof result !== 'string' && (result.seesWhole?.(password) ?? true)
}

/** Estimated CPU of one verification in milliseconds; 0 for what cannot be verified. */
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
    // Never the message: it is not ours, and the password has just been in its hands.
    log.warn('foreign_hash_failed', source, { reason: errorName(error) })
    return false
  }
}
