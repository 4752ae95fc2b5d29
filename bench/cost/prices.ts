/**
 * What the platform charges beyond what its paid plan includes, in dollars, and what people do in a
 * month. Both are parameters: change them here and run `npm run bench -- cost`.
 */
export const PRICES = {
  source:
    'pricing pages of Workers, D1, Durable Objects and Queues at developers.cloudflare.com, as stored copies of 2026 tell them',
  plan: 5,
  requests: { included: 10e6, perMillion: 0.3 },
  cpuMs: { included: 30e6, perMillion: 0.02 },
  objectCalls: { included: 1e6, perMillion: 0.15 },
  objectGbSeconds: { included: 400e3, perMillion: 12.5 },
  rowsRead: { included: 25e9, perMillion: 0.001 },
  rowsWritten: { included: 50e6, perMillion: 1 },
  objectRowsWritten: { included: 50e6, perMillion: 1 },
  queueOperations: { included: 1e6, perMillion: 0.4 },
} as const

/** A hosted service's list price: a base, users included, and so much for each more. */
export const HOSTED = {
  name: 'Clerk, Pro',
  source: 'clerk.com/pricing as a snapshot of 2026-03-09 tells it (owostack.com/pricing-templates)',
  base: 25,
  included: 50_000,
  perUser: 0.02,
} as const

/** What one active user does in a month, on so many of its days. */
export const HABITS = {
  activeDays: 20,
  requests: 600,
  signIns: 8,
  refreshes: 12,
  signOuts: 2,
  registrations: 0.1,
} as const

/** What is not measured here, on the careful side. */
export const ASSUMED = {
  /** An object is billed while it works; idle it may hibernate. 128 MB for so many milliseconds a call. */
  objectMsPerCall: 5,
  /** Rows that a sign-in writes in the two objects it calls, and a refresh in its one. */
  objectRowsPerSignIn: 12,
  objectRowsPerRefresh: 1,
  /**
   * Milliseconds of D1 a batch beside those of its rows: here it takes 1 to 2, but nothing is copied
   * elsewhere before it counts. D1 works on one query at a time, a thousand a second at 1 ms each
   * (developers.cloudflare.com/d1/platform/limits).
   */
  d1MsPerBatch: 5,
  /** A message is written, read and deleted: three operations. Mails of a registration: one. */
  operationsPerMessage: 3,
} as const

/** Days that events of a class are kept, by the defaults of AUDIT_SIGN_IN_DAYS and AUDIT_CHANGE_DAYS. */
export const KEPT_DAYS = { signIn: 90, change: 400 } as const
