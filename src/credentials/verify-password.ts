/** Verifies a password against the stored hash, ours or imported, and replaces outdated hashes. */
import { and, eq } from 'drizzle-orm'
import type { Deps } from '../context'
import { isForeignHash, seesWholePassword, verifyForeignHash } from '../crypto/foreign-hash'
import {
  hashPassword,
  isOwnHash,
  isPassword,
  needsRehash,
  normalizePassword,
  spendHash,
  verifyPassword,
} from '../crypto/password-hash'
import { log } from '../log'
import { users } from '../tables/users'
import type { Account } from '../users/account'
import { hashSettings } from './hash-settings'

/**
 * Whether the text is the account's password. Does the work of one comparison even if there is no
 * account, the account has no password or the text is empty. Otherwise the time would show which
 * accounts exist.
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
  if (!isOwnHash(stored) && isForeignHash(stored)) {
    // The other system hashed the text as typed, without normalizing it.
    return verifyForeignHash(stored, typed, deps)
  }
  return verifyPassword(settings, stored, normalizePassword(typed))
}

/**
 * Whether a text chosen as the new password is the stored one. An imported hash was computed from
 * the text as typed, while we normalize before hashing. So the text is tried in each Unicode form
 * in which the user may have typed it there.
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
 * Whether another text is the same password as one that was just proved. Comparing the texts saves
 * a hash. An imported hash is asked too, because it can accept different texts as one password
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
 * After the response, replaces a hash that was imported, or made with other rounds or an older
 * pepper. Updates only if that hash is still stored, so that a password change in the meantime is
 * not undone. An imported hash that did not cover the whole password is kept: bcrypt verifies 72
 * correct bytes with any ending, so rehashing could make a typo in the ending part of the password.
 * See test/credentials/imported-password.test.ts.
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
  // If it fails, the next sign-in tries again.
  deps.waitUntil(replace().catch(() => log.warn('rehash_failed', deps)))
}
