/**
 * All budgets of attempts. A budget counts attempts that were let through and not taken back. A refused
 * attempt is not counted and prolongs no lock. Limits are per row. A row is for one address, one
 * address from one network, one session, one user, one address (or user) and purpose of mail, or one
 * network, one app, one host or one assertion. An IPv6 network is a /64. Its /56 has a row of its own with four times the limit, since one
 * customer often holds 256 networks and could use another one for each guess.
 */

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

export interface Budget {
  /** Attempts let through in any period of `withinMs`. */
  readonly limit: number
  readonly withinMs: number
  /**
   * If present, a full window locks for `withinMs` from its last attempt, and twice as long each
   * further time, up to this. If absent, the window slides: an attempt is allowed when the oldest has
   * left it.
   */
  readonly longestLockMs?: number
  /** Limit of failures since the last right answer, however far apart. The row is then locked. */
  readonly inARow?: number
  /** How long after the last attempt or lockout the row keeps counting `inARow` and doubling locks. */
  readonly rememberMs: number
  /** Does not apply to known networks, so that others in the same /56 cannot lock them. */
  readonly isForStrangers?: true
  /** Right answers count like wrong ones: the budget limits the work, not the guesses. */
  readonly keepsRight?: true
}

/** A /56 has 256 networks. One customer rarely uses more than a few of them. */
const NETWORKS_OF_A_PREFIX = 4

/**
 * NIST SP 800-63B 5.2.2 allows 100 failures in a row on one account. Unknown networks together get 80
 * of them. The last 20 are reserved for networks that the user has signed in from, so that an attacker
 * elsewhere cannot lock the user out. The lock is lifted by a right password from a known network, a
 * completed reset, an admin's unlock, or 30 days without an attempt. It cannot last longer: addresses
 * without an account must be forgotten at some time, and those with one must not answer differently.
 */
const IN_A_ROW = 100
const IN_A_ROW_FROM_STRANGERS = 80

const GUESSES = { limit: 10, withinMs: 15 * MINUTE, longestLockMs: DAY, rememberMs: DAY }
const GUESSES_OF_A_PREFIX = { ...GUESSES, limit: GUESSES.limit * NETWORKS_OF_A_PREFIX }
const MAILS_A_NETWORK = 60
const SIGN_IN_MAILS_A_NETWORK = 20
const ACCOUNTS_A_NETWORK = 200
const DOCUMENTS_A_NETWORK = 30
const DEVICES_A_NETWORK = 30

/** Wrong second factors in a row from unknown networks that block the password there. */
export const FACTORS_BEFORE_BLOCK = 20

export const BUDGETS = {
  /** Passwords for one address from one network, and from one /56. */
  network: GUESSES,
  prefix: { ...GUESSES_OF_A_PREFIX, isForStrangers: true },
  /** Passwords for one address from all networks. */
  address: {
    limit: 50,
    withinMs: HOUR,
    inARow: IN_A_ROW_FROM_STRANGERS,
    rememberMs: 30 * DAY,
  },
  /** Proofs of the current password in one session, so that a stolen one cannot use up the user's. */
  proof_session: GUESSES,
  /** Proofs of the current password in all sessions of the user. */
  proof: { limit: 50, withinMs: HOUR, inARow: IN_A_ROW, rememberMs: 30 * DAY },
  /** Password hashes computed for one signed-in user or one mailed link, right or wrong. */
  hash: { limit: 100, withinMs: 15 * MINUTE, rememberMs: 15 * MINUTE, keepsRight: true },
  /**
   * Second factors from all networks that no right one has come from (RFC 6238 section 5.2, RFC 4226
   * section 7.3). FACTORS_BEFORE_BLOCK in a row under one password block it already
   * (sessions/object/second-factor-budget.ts).
   */
  factor: { ...GUESSES, inARow: IN_A_ROW_FROM_STRANGERS, rememberMs: 30 * DAY },
  /** Second factors from one known network, and from all known networks. */
  factor_network: GUESSES,
  factor_known: {
    limit: 50,
    withinMs: HOUR,
    inARow: IN_A_ROW - FACTORS_BEFORE_BLOCK,
    rememberMs: 30 * DAY,
  },
  /**
   * Writes in one session to the user's own account, and in all of them
   * (sessions/object/write-budget.ts).
   */
  session_writes: { limit: 200, withinMs: 5 * MINUTE, rememberMs: 5 * MINUTE },
  session_writes_day: { limit: 2000, withinMs: DAY, rememberMs: DAY },
  user_writes: { limit: 800, withinMs: 5 * MINUTE, rememberMs: 5 * MINUTE },
  /** Writes in one session by routes that need a permission. Many, because scripts use these. */
  staff_writes: { limit: 1000, withinMs: 5 * MINUTE, rememberMs: 5 * MINUTE },
  /** Mails of one kind that the events of one user cause (sessions/object/notification-budget.ts). */
  notifications: { limit: 5, withinMs: HOUR, rememberMs: HOUR },
  /** Mails for one purpose to one address, asked for by anyone; or sent by one user. */
  mail: { limit: 5, withinMs: HOUR, rememberMs: HOUR },
  /** Mails that staff cause to one address for one purpose, or about one change of one webhook. */
  staff_mail: { limit: 20, withinMs: HOUR, rememberMs: HOUR },
  /** Mails that one network asks for without signing in, for all purposes and addresses. */
  mails_network: { limit: MAILS_A_NETWORK, withinMs: HOUR, rememberMs: HOUR },
  mails_prefix: {
    limit: MAILS_A_NETWORK * NETWORKS_OF_A_PREFIX,
    withinMs: HOUR,
    rememberMs: HOUR,
  },
  /**
   * Verification mails that sign-ins from one network cause where accounts are hidden. No answer may
   * show that one was sent. A registration shows when the budget above is used up, so this one is
   * separate.
   */
  sign_in_mails_network: { limit: SIGN_IN_MAILS_A_NETWORK, withinMs: HOUR, rememberMs: HOUR },
  sign_in_mails_prefix: {
    limit: SIGN_IN_MAILS_A_NETWORK * NETWORKS_OF_A_PREFIX,
    withinMs: HOUR,
    rememberMs: HOUR,
  },
  /** Registrations from one network, limited to what the purge can delete (docs/security-model.md). */
  accounts_network: { limit: ACCOUNTS_A_NETWORK, withinMs: DAY, rememberMs: DAY },
  accounts_prefix: {
    limit: ACCOUNTS_A_NETWORK * NETWORKS_OF_A_PREFIX,
    withinMs: DAY,
    rememberMs: DAY,
  },
  /** Client id metadata documents that one network makes us fetch. Documents that are kept do not count. */
  documents_network: {
    limit: DOCUMENTS_A_NETWORK,
    withinMs: 10 * MINUTE,
    rememberMs: 10 * MINUTE,
  },
  documents_prefix: {
    limit: DOCUMENTS_A_NETWORK * NETWORKS_OF_A_PREFIX,
    withinMs: 10 * MINUTE,
    rememberMs: 10 * MINUTE,
  },
  /** The same from one host, for all callers. Apps that nobody uses yet share one budget, other apps have one each. */
  documents_host: { limit: 60, withinMs: 10 * MINUTE, rememberMs: 10 * MINUTE },
  /** Device authorizations that one network asks for, and one app that proved itself. */
  devices_network: { limit: DEVICES_A_NETWORK, withinMs: HOUR, rememberMs: HOUR },
  devices_prefix: {
    limit: DEVICES_A_NETWORK * NETWORKS_OF_A_PREFIX,
    withinMs: HOUR,
    rememberMs: HOUR,
  },
  devices_app: { limit: 300, withinMs: HOUR, rememberMs: HOUR },
  /**
   * Wrong user codes of devices that a user types (RFC 8628 section 5.1). There are 20^8 = 2^34.6 codes, and one lives
   * for 10 minutes. While it does, a user can try 10: a chance of 2^-31.3 to find it.
   */
  user_code: { limit: 10, withinMs: 15 * MINUTE, longestLockMs: DAY, rememberMs: DAY },
  /**
   * The same for all users of one network, and only for guesses that the budget above lets through. One user can use
   * up a tenth of it, and it has no growing lock: the page comes back for the others as the guesses get older. For one
   * code the chance is 100 / 20^8 = 2^-27.9. Somebody with enough accounts can make 9,600 guesses a day, so while a
   * thousand devices wait at any time they find one in seven years. All that a found code allows is to sign the
   * device in to the guesser's own account.
   */
  user_code_network: { limit: 100, withinMs: 15 * MINUTE, rememberMs: 15 * MINUTE },
  /** One presentation of an app's signed assertion, which is good for at most an hour. */
  client_assertion: {
    limit: 1,
    withinMs: HOUR + 5 * MINUTE,
    rememberMs: HOUR + 5 * MINUTE,
    keepsRight: true,
  },
} as const satisfies Record<string, Budget>

export type BudgetKind = keyof typeof BUDGETS

/** The budget `address` as it applies to a known network: the same row with a higher limit. */
export const ADDRESS_FROM_KNOWN_NETWORK: Budget = {
  ...BUDGETS.address,
  limit: IN_A_ROW,
  inARow: IN_A_ROW,
}

/** How long a network stays known to an address after a completed sign-in from it. */
export const KNOWN_NETWORK_MS = 30 * DAY

/** The longest time for which a row stays stored after it has expired. */
export const PURGE_PAUSE_MS = HOUR

export type StaffMailPurpose =
  | 'verify_email'
  | 'reset_password'
  | 'accept_invitation'
  | 'address_set'
export type MailPurpose = 'verify_email' | 'reset_password' | 'change_email' | 'account_exists'
