/** The User object as admins see it, including what keeps the user from signing in. */
import { sql } from 'drizzle-orm'
import * as z from 'zod'
import { answerSchema } from '../answer-schema'
import { addressHmacs } from '../audit/address-hmac'
import { countFailures } from '../audit/event-query'
import type { Deps } from '../context'
import { runBatch } from '../db/batch'
import { sessionsOf } from '../sessions/object-stub'
import { lockedUntil } from '../throttle/locked-until'
import { DAY_MS, isoOrNull } from '../time'
import { toUser, User } from '../users/user-view'
import { type ListedRow, listedColumns } from './listed-user'

/** Failed sign-ins are counted up to this number: an attacker makes thousands. */
export const MAX_COUNTED_FAILURES = 100

const instant = () => z.iso.datetime().nullable()

/**
 * The view in lists. It leaves out what only a user's Durable Object knows, which would cost a call
 * per row.
 */
export const ListedUser = answerSchema(() =>
  User.unwrap()
    .extend({
      password_expires_at: instant().meta({
        description: 'When the user must choose a new password; null if never',
      }),
    })
    .meta({ id: 'ListedUser' }),
)
export type ListedUser = z.output<typeof ListedUser>

/** The view of a single user. */
export const AdminUser = answerSchema(() =>
  ListedUser.unwrap()
    .extend({
      locked_until: instant().meta({
        description:
          'The end of the current lock on passwords (from at least one network) or on second factors; null if there is none. `unlock` removes it',
      }),
      password_blocked: z.boolean().meta({
        description:
          'True after too many wrong second factors were sent with the right password from unknown networks. The password then works only from networks known for the user, until it is reset or `unlock` is called',
      }),
      failed_sign_ins_24h: z
        .int()
        .min(0)
        .max(MAX_COUNTED_FAILURES)
        .meta({
          description: `Wrong passwords for the address and wrong second factors; ${MAX_COUNTED_FAILURES} means that many or more`,
        }),
    })
    .meta({ id: 'AdminUser' }),
)
export type AdminUser = z.output<typeof AdminUser>

export const toListedUser = (row: ListedRow): ListedUser => ({
  ...toUser(row),
  password_expires_at: isoOrNull(row.passwordExpiresAt),
})

type FoundRow = ListedRow & { readonly subject: string; readonly emailKey: string }

/**
 * Returns a user with their lockouts, or undefined. Reads the throttle and, if a second factor is
 * on, the user's Durable Object.
 */
export async function findAdminUser(deps: Deps, userId: number): Promise<AdminUser | undefined> {
  const [found] = await runBatch(deps, [
    sql`SELECT ${listedColumns}, users.subject AS subject, users.email_key AS "emailKey"
      FROM users WHERE users.id = ${userId}`,
  ])
  const [row] = (found?.results ?? []) as FoundRow[]
  if (!row) return undefined
  const { subject, emailKey } = row
  const [password, factor, failures] = await Promise.all([
    lockedUntil(deps, { emailKey, subject }),
    row.secondFactorEnabledAt === null ? null : sessionsOf(deps, subject).secondFactorLock(),
    failuresOf(deps, userId, emailKey),
  ])
  const until = Math.max(password ?? 0, factor?.until ?? 0)
  return {
    ...toListedUser(row),
    locked_until: isoOrNull(until === 0 ? null : until),
    password_blocked: factor?.isBlocked ?? false,
    failed_sign_ins_24h: failures,
  }
}

async function failuresOf(deps: Deps, userId: number, emailKey: string): Promise<number> {
  const addresses = await addressHmacs(deps.config, [emailKey])
  const since = deps.now - DAY_MS
  const [counted] = await runBatch(deps, [
    countFailures({ userId, addresses, since }, MAX_COUNTED_FAILURES),
  ])
  const [row] = (counted?.results ?? []) as { n: number }[]
  return row?.n ?? 0
}
