/** Comparing a password with the stored hash, ours or one that was imported, and replacing the latter. */
import { and, eq } from 'drizzle-orm'
import type { Deps } from '../context'
import {
  isForeignHash,
  isPassword,
  seesWholePassword,
  verifyForeignHash,
} from '../crypto/foreign-hash'
import { hashPassword, needsRehash, spendHash, verifyPassword } from '../crypto/password-hash'
import { users } from '../tables/users'
import type { Account } from '../users/account'
import { hashSettings } from './hash-settings'
import { normalizePassword } from './password-policy'
import { log } from '../log'

/**
 * Whether a password as typed is the account's. Without an account, one without a password, or an
 * empty text, the work of one comparison is done all the same and the answer is false.
 */
export async function isRightPassword(
  deps: Deps,
  account: Pick<Account, 'hashedPassword'> | undefined,
  typed: string,
): Promise<boolean> {
  const settings = hashSettings(deps.config)
  const stored = account?.hashedPassword ?? null
  if (stored === null || !isPassword(typed)) {
    await spendHash(settings, normalizePassword(typed))
    return false
  }
  // Another system hashed what was typed, as it was.
  if (isForeignHash(stored)) return verifyForeignHash(stored, typed, deps)
  return verifyPassword(settings, stored, normalizePassword(typed))
}

/**
 * Whether a text that is to be the new password is the stored one. Another system hashed the bytes that
 * were typed there, and we normalize before we hash: so the text is tried in each form of Unicode in
 * which it may have been typed.
 */
export async function isStoredPassword(
  deps: Deps,
  stored: string | null,
  typed: string,
): Promise<boolean> {
  if (stored === null) return false
  const isForeign = isForeignHash(stored)
  const forms = isForeign ? [typed, typed.normalize('NFC'), typed.normalize('NFD')] : [typed]
  for (const form of new Set(forms)) {
    if (await isRightPassword(deps, { hashedPassword: stored }, form)) return true
  }
  return false
}

/**
 * Whether another text is the same password as one that has just been proved. Texts are compared, which
 * saves a hash, unless the stored one is foreign: such a hash can take two texts for one password
 * (bcrypt reads 72 bytes).
 */
export async function isSamePassword(
  deps: Deps,
  account: Pick<Account, 'hashedPassword'>,
  proved: string,
  typed: string,
): Promise<boolean> {
  if (normalizePassword(proved) === normalizePassword(typed)) return true
  const { hashedPassword } = account
  if (hashedPassword === null || !isForeignHash(hashedPassword)) return false
  return isStoredPassword(deps, hashedPassword, typed)
}

/**
 * After the answer, replaces a hash that is imported, or of other rounds or an older pepper. Only if
 * it is still the account's, so that a change of password in the meantime is not undone. An imported
 * hash that did not see all of the password stays: bcrypt verifies 72 right bytes with any ending,
 * and the new hash would make a slip in the ending the password.
 */
export function rehash(deps: Deps, account: Account, typed: string): void {
  const { hashedPassword } = account
  const settings = hashSettings(deps.config)
  if (hashedPassword === null || !needsRehash(settings, hashedPassword)) return
  if (isForeignHash(hashedPassword) && !seesWholePassword(hashedPassword, typed)) return
  const replace = async () => {
    const fresh = await hashPassword(settings, normalizePassword(typed))
    await deps.db
      .update(users)
      .set({ hashedPassword: fresh })
      .where(and(eq(users.id, account.user.id), eq(users.hashedPassword, hashedPassword)))
  }
  // The next sign-in tries again.
  deps.waitUntil(replace().catch(() => log.warn('rehash_failed', deps)))
}
