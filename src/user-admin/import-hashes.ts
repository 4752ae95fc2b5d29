/**
 * The imported hashes that the empty password verifies: refused, whatever their format, so that no
 * account looks as if it had a password (sign-in refuses the empty password in any case). Supabase
 * wrote such hashes for social sign-ups until November 2023. Only verifying tells, and that costs
 * what a sign-in does, so one request checks for so long and names the lines that are left.
 */
import { sql } from 'drizzle-orm'
import { isUnprovedRegistration } from '../registration/take-over'
import type { Deps } from '../context'
import { isHashOfEmptyPassword, verificationCostMs } from '../crypto/foreign-hash'
import type { ImportedUser, LineError } from './import-lines'

/**
 * Estimated CPU for hashes in one request: a third of the 30 s that Workers give by default, since an
 * estimate may be wrong and a request over the limit imports nothing. 150 hashes of bcrypt cost 10.
 */
export const MAX_HASH_MS = 10_000

export interface CheckedUsers {
  readonly users: readonly ImportedUser[]
  readonly errors: readonly LineError[]
}

/** The users whose hash may go in, and an error for every other line. */
export async function checkHashes(
  deps: Deps,
  users: readonly ImportedUser[],
  maxMs = MAX_HASH_MS,
): Promise<CheckedUsers> {
  const hashes = new Set(users.flatMap(({ hashedPassword }) => hashedPassword ?? []))
  const totalMs = [...hashes].reduce((sum, hash) => sum + verificationCostMs(hash), 0)
  // A chunk that did not fit is sent again: what it has imported must not use up the time once more.
  const settled = totalMs > maxMs ? await settledAmong(deps, users) : new Set<string>()
  const accepted: ImportedUser[] = []
  const errors: LineError[] = []
  const isEmpty = emptyPasswordCheck(maxMs)
  for (const user of users) {
    const hash = user.hashedPassword
    if (hash === null) {
      accepted.push(user)
    } else if (settled.has(user.email.key)) {
      // Skipped by the insert. Should the account vanish before that, no unchecked hash goes in.
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
    message: 'This request had no time left to check this password hash. Send the line again',
  },
} as const

/** Tells what is wrong with a hash, each different one checked once and as long as the time lasts. */
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
    // Other requests of this isolate get their turn.
    await scheduler.wait(0)
    return verdict
  }
}

/** Of these addresses, those that an account has for good: only a registration gives way to an import. */
async function settledAmong(deps: Deps, users: readonly ImportedUser[]): Promise<Set<string>> {
  const keys = JSON.stringify(users.map(({ email }) => email.key))
  const rows = await deps.db.all<{ key: string }>(sql`
    SELECT users.email_key AS key FROM json_each(${keys}) AS line
    JOIN users ON users.email_key = line.value AND NOT (${isUnprovedRegistration})`)
  return new Set(rows.map(({ key }) => key))
}
