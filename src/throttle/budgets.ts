/**
 * Every budget of attempts, in one table. A budget counts what has been let through and not been
 * given back; what is refused costs nothing and prolongs nothing. Numbers are per row: one address,
 * one address from one network, one session, one user, one address (or user) and purpose of mail, or
 * one network. An IPv6 network is a /64; its /56 has a row of its own with four times the share, since
 * one customer often holds 256 networks and could use a fresh one for each guess.
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
  /** Does not count for known networks, so that their neighbours cannot lock them. */
  readonly isForStrangers?: true
  /** A right answer is counted like a wrong one: the budget is for the work, not for guesses. */
  readonly keepsRight?: true
}

/** A /56 has 256 networks. One customer rarely uses more than a few of them. */
const NETWORKS_OF_A_PREFIX = 4

/**
 * NIST SP 800-63B 5.2.2 allows 100 failures in a row on one account. Strangers together get 80 of
 * them; the last 20 are kept for networks that the owner has signed in from, so nobody elsewhere
 * can use them up and lock the owner out. A full row opens by a right password from a known network, a
 * completed reset or an admin's unlock, and after 30 days without an attempt let through: addresses
 * without an account must be forgotten some day, and those with one must answer the same.
 */
const IN_A_ROW = 100
const IN_A_ROW_FROM_STRANGERS = 80

const GUESSES = { limit: 10, withinMs: 15 * MINUTE, longestLockMs: DAY, rememberMs: DAY }
const GUESSES_OF_A_PREFIX = { ...GUESSES, limit: GUESSES.limit * NETWORKS_OF_A_PREFIX }
const MAILS_A_NETWORK = 60
const SIGN_IN_MAILS_A_NETWORK = 20
const ACCOUNTS_A_NETWORK = 200

/** Wrong second factors in a row from strangers after which the password is blocked for them. */
export const FACTORS_BEFORE_BLOCK = 20

export const BUDGETS = {
  /** Passwords for one address from one network, and from one /56. */
  network: GUESSES,
  prefix: { ...GUESSES_OF_A_PREFIX, isForStrangers: true },
  /** Passwords for one address, from everywhere. */
  address: {
    limit: 50,
    withinMs: HOUR,
    inARow: IN_A_ROW_FROM_STRANGERS,
    rememberMs: 30 * DAY,
  },
  /** Proofs of the current password in one session: a stolen one cannot use up the owner's. */
  proof_session: GUESSES,
  /** And in all sessions of the user. */
  proof: { limit: 50, withinMs: HOUR, inARow: IN_A_ROW, rememberMs: 30 * DAY },
  /** Password hashes that one signed-in user, or one mailed link, has the Worker compute, right or wrong. */
  hash: { limit: 100, withinMs: 15 * MINUTE, rememberMs: 15 * MINUTE, keepsRight: true },
  /**
   * Second factors from all networks that no right one has come from (RFC 6238 section 5.2, RFC 4226
   * section 7.3). FACTORS_BEFORE_BLOCK in a row under one password block it already
   * (sessions/object/second-factor-budget.ts).
   */
  factor: { ...GUESSES, inARow: IN_A_ROW_FROM_STRANGERS, rememberMs: 30 * DAY },
  /** Second factors from one of the owner's networks, and from all of them. */
  factor_network: GUESSES,
  factor_known: {
    limit: 50,
    withinMs: HOUR,
    inARow: IN_A_ROW - FACTORS_BEFORE_BLOCK,
    rememberMs: 30 * DAY,
  },
  /** Writes in one session to the user's own account, and in all of them (sessions/object/write-budget.ts). */
  session_writes: { limit: 200, withinMs: 5 * MINUTE, rememberMs: 5 * MINUTE },
  session_writes_day: { limit: 2000, withinMs: DAY, rememberMs: DAY },
  user_writes: { limit: 800, withinMs: 5 * MINUTE, rememberMs: 5 * MINUTE },
  /** Writes in one session by routes that a permission opens: many, as scripts use them. */
  staff_writes: { limit: 1000, withinMs: 5 * MINUTE, rememberMs: 5 * MINUTE },
  /** Mails of one kind that facts of one user's object cause (sessions/object/notice-budget.ts). */
  notices: { limit: 5, withinMs: HOUR, rememberMs: HOUR },
  /** Mails that anyone can ask for, to one address for one purpose; or that one user has sent. */
  mail: { limit: 5, withinMs: HOUR, rememberMs: HOUR },
  /** Mails that staff have sent to one address for one purpose, or about one change of one endpoint. */
  staff_mail: { limit: 20, withinMs: HOUR, rememberMs: HOUR },
  /** Mails that one network asks for without signing in, whatever their purpose and address. */
  mails_network: { limit: MAILS_A_NETWORK, withinMs: HOUR, rememberMs: HOUR },
  mails_prefix: {
    limit: MAILS_A_NETWORK * NETWORKS_OF_A_PREFIX,
    withinMs: HOUR,
    rememberMs: HOUR,
  },
  /**
   * Verification mails that sign-ins from one network cause where accounts are hidden. Apart from the
   * above, for no answer may show that one was sent: a registration shows when that is used up.
   */
  sign_in_mails_network: { limit: SIGN_IN_MAILS_A_NETWORK, withinMs: HOUR, rememberMs: HOUR },
  sign_in_mails_prefix: {
    limit: SIGN_IN_MAILS_A_NETWORK * NETWORKS_OF_A_PREFIX,
    withinMs: HOUR,
    rememberMs: HOUR,
  },
  /** Registrations of one network: what the purge must be able to take (docs/security-model.md). */
  accounts_network: { limit: ACCOUNTS_A_NETWORK, withinMs: DAY, rememberMs: DAY },
  accounts_prefix: {
    limit: ACCOUNTS_A_NETWORK * NETWORKS_OF_A_PREFIX,
    withinMs: DAY,
    rememberMs: DAY,
  },
} as const satisfies Record<string, Budget>

export type BudgetKind = keyof typeof BUDGETS

/** The address's own budget as a known network meets it: the row is the same, only the end is not. */
export const ADDRESS_FROM_KNOWN_NETWORK: Budget = {
  ...BUDGETS.address,
  limit: IN_A_ROW,
  inARow: IN_A_ROW,
}

/** How long a network stays known to an address after a completed sign-in from it. */
export const KNOWN_NETWORK_MS = 30 * DAY

/** Rows that no longer matter leave at most this long afterwards. */
export const PURGE_PAUSE_MS = HOUR

export type StaffMailPurpose =
  | 'verify_email'
  | 'reset_password'
  | 'accept_invitation'
  | 'address_set'
export type MailPurpose = 'verify_email' | 'reset_password' | 'change_email' | 'account_exists'
