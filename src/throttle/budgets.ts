/**
 * Every budget of attempts, in one table. A budget counts what has been let through and not been
 * given back; what is refused costs nothing and prolongs nothing. Numbers are per row: one address,
 * one address from one network, one signed-in user, one address (or user) and purpose of mail.
 */

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

export interface Budget {
  /** Attempts let through in any span of `withinMs`. */
  readonly limit: number
  readonly withinMs: number
  /**
   * Given: a full window locks for `withinMs` from its last attempt, and for twice as long each
   * further time, up to this. Absent: the window slides, and the oldest attempt makes room.
   */
  readonly longestLockMs?: number
  /** Failures since the last right answer, however slow; a full row of them stays shut. */
  readonly inARow?: number
  /** How long after the last attempt or lock-out `inARow` and the growth of locks are remembered. */
  readonly rememberMs: number
}

/**
 * NIST SP 800-63B 5.2.2 allows 100 failures in a row on one account. Strangers together get 80 of
 * them; the last 20 are kept for networks that the owner has signed in from, so nobody elsewhere
 * can use them up and shut him out. A full row opens by a right password from a known network, a
 * completed reset or an admin's unlock, and after 30 days without an attempt let through: addresses
 * without an account must be forgotten some day, and those with one must answer the same.
 */
const IN_A_ROW = 100
const IN_A_ROW_FROM_STRANGERS = 80

export const BUDGETS = {
  /** Passwords for one address from one network. */
  network: { limit: 10, withinMs: 15 * MINUTE, longestLockMs: DAY, rememberMs: DAY },
  /** Passwords for one address, from everywhere. */
  address: {
    limit: 50,
    withinMs: HOUR,
    inARow: IN_A_ROW_FROM_STRANGERS,
    rememberMs: 30 * DAY,
  },
  /** A signed-in user's proofs of the current password. */
  proof: {
    limit: 10,
    withinMs: 15 * MINUTE,
    longestLockMs: DAY,
    inARow: IN_A_ROW,
    rememberMs: 30 * DAY,
  },
  /** Mails that anyone can ask for, to one address for one purpose; or that one user has sent. */
  mail: { limit: 5, withinMs: HOUR, rememberMs: HOUR },
} as const satisfies Record<string, Budget>

export type BudgetKind = keyof typeof BUDGETS

/** The address's own budget as a known network meets it: the row is the same, only the end is not. */
export const ADDRESS_FROM_KNOWN_NETWORK: Budget = {
  ...BUDGETS.address,
  limit: IN_A_ROW,
  inARow: IN_A_ROW,
}

/** A network is known to an address for so long after a right password. */
export const KNOWN_NETWORK_MS = 30 * DAY

/** Rows that no longer matter leave at most this long afterwards. */
export const PURGE_PAUSE_MS = HOUR

export type MailPurpose = 'verify_email' | 'reset_password' | 'change_email' | 'account_exists'
