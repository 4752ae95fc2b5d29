/**
 * Refuses imported hashes of the empty password, whatever their format, so that no account appears
 * to have a password that it does not have. (Sign-in refuses the empty password in any case.)
 * Supabase wrote such hashes for social sign-ups until November 2023. Only verifying a hash reveals
 * this, which costs as much CPU as a sign-in. One request therefore has a time budget, and the
 * lines beyond it are reported as not checked.
 */
import { sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { isHashOfEmptyPassword, verificationCostMs } from '../crypto/foreign-hash'
import { isUnprovedRegistration } from '../registration/take-over'
import type { ImportedUser, LineError } from './import-lines'

/**
 * Estimated CPU time for hashes in one request: a third of the 30 s that Workers allow by default.
 * The estimate may be wrong, and a request that exceeds the limit imports nothing. Enough for 150
 * bcrypt hashes of cost 10.
 */
export const MAX_HASH_MS = 10_000

export interface CheckedUsers {
  readonly users: readonly ImportedUser[]
  readonly errors: readonly LineError[]
}

/** Returns the users whose hash may be imported, and an error for every other line. */
export async function checkHashes(
  deps: Deps,
  users: readonly ImportedUser[],
  maxMs = MAX_HASH_MS,
): Promise<CheckedUsers> {
  const hashes = new Set(users.flatMap(({ hashedPassword }) => hashedPassword ?? []))
  const totalMs = [...hashes].reduce((sum, hash) => sum + verificationCostMs(hash), 0)
  // A chunk over budget is sent again. Its lines that are already imported must not use up the
  // budget twice.
  const settled = totalMs > maxMs ? await settledAmong(deps, users) : new Set<string>()
  const accepted: ImportedUser[] = []
  const errors: LineError[] = []
  const isEmpty = emptyPasswordCheck(maxMs)
  for (const user of users) {
    const hash = user.hashedPassword
    if (hash === null) {
      accepted.push(user)
    } else if (settled.has(user.email.key)) {
      // The insert skips this line. If the account is deleted before then, no unchecked hash gets
      // in.
      accepted.push({ ...user, hashedPassword: null })
    } else {
      const verdict = await isEmpty(hash)
      if (verdict === false) accepted.push(user)
      else errors.push({ line: user.line, path: 'hashed_password', ...REFUSALS[verdict] })
    }
  }
  return { users: accepted, errors }
}

const REFUSALS = {
  empty: {
    code: 'empty_password_hash',
    message:
      'This is a hash of the empty password. Leave hashed_password out for a user without one',
  },
  unchecked: {
    code: 'hash_not_checked',
    message: 'There was not enough time to check this password hash. Send the line again',
  },
} as const

/**
 * Returns a check that says what is wrong with a hash. It verifies each distinct hash once, within
 * the budget.
 */
function emptyPasswordCheck(maxMs: number) {
  const known = new Map<string, 'empty' | false>()
  let leftMs = maxMs
  return async (hash: string): Promise<keyof typeof REFUSALS | false> => {
    const before = known.get(hash)
    if (before !== undefined) return before
    const costMs = verificationCostMs(hash)
    if (costMs > leftMs) return 'unchecked'
    leftMs -= costMs
    const verdict = (await isHashOfEmptyPassword(hash)) ? 'empty' : false
    known.set(hash, verdict)
    // Let the other requests of this isolate run.
    await scheduler.wait(0)
    return verdict
  }
}

/**
 * Returns the addresses of these users that already have an account. Unverified registrations do
 * not count, since an import replaces them.
 */
async function settledAmong(deps: Deps, users: readonly ImportedUser[]): Promise<Set<string>> {
  const keys = JSON.stringify(users.map(({ email }) => email.key))
  const rows = await deps.db.all<{ key: string }>(sql`
    SELECT users.email_key AS key FROM json_each(${keys}) AS line
    JOIN users ON users.email_key = line.value AND NOT (${isUnprovedRegistration})`)
  return new Set(rows.map(({ key }) => key))
}
