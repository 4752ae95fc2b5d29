/** The account as sign-in and refresh read it: one query for all that they decide on and return. */
import { eq, type SQL } from 'drizzle-orm'
import type { Deps } from '../context'
import { accountStateColumns, toAccountState } from '../sessions/account-state'
import type { AccountState } from '../sessions/session-types'
import { users } from '../tables/users'
import { toUser, type User, userColumns } from './user-view'

export interface Account {
  readonly user: User
  readonly accountState: AccountState
  readonly hashedPassword: string | null
  /** The hash of a voided password. Only a new password is compared with it. */
  readonly voidedPassword: string | null
  /** Encrypted, as stored in D1. */
  readonly totpSecret: string | null
  readonly pendingSecondFactor: { readonly secret: string; readonly until: number } | null
  readonly emailKey: string
  readonly region: DurableObjectLocationHint | null
}

export const accountByEmail = (deps: Deps, emailKey: string): Promise<Account | undefined> =>
  findAccount(deps, eq(users.emailKey, emailKey))

export const accountBySubject = (deps: Deps, subject: string): Promise<Account | undefined> =>
  findAccount(deps, eq(users.subject, subject))

/** Whether a user can sign in with a password. Users who have only passkeys cannot. */
export const hasPassword = async (deps: Deps, subject: string): Promise<boolean> =>
  (await accountBySubject(deps, subject))?.hashedPassword !== null

async function findAccount(deps: Deps, where: SQL): Promise<Account | undefined> {
  const [row] = await deps.db.select(accountColumns).from(users).where(where)
  return row && toAccount(row)
}

/** The columns of an account, to be selected in any query over `users`. */
export const accountColumns = {
  ...userColumns,
  ...accountStateColumns,
  hashedPassword: users.hashedPassword,
  voidedPassword: users.voidedPassword,
  totpSecret: users.totpSecret,
  pendingSecret: users.totpPendingSecret,
  pendingUntil: users.totpPendingUntil,
  emailKey: users.emailKey,
  region: users.homeRegion,
}

type AccountRow = Parameters<typeof toUser>[0] &
  Parameters<typeof toAccountState>[0] &
  Pick<Account, 'hashedPassword' | 'voidedPassword' | 'totpSecret' | 'emailKey' | 'region'> & {
    pendingSecret: string | null
    pendingUntil: number | null
  }

export const toAccount = (row: AccountRow): Account => ({
  user: toUser(row),
  accountState: toAccountState(row),
  hashedPassword: row.hashedPassword,
  voidedPassword: row.voidedPassword,
  totpSecret: row.totpSecret,
  pendingSecondFactor:
    row.pendingSecret !== null && row.pendingUntil !== null
      ? { secret: row.pendingSecret, until: row.pendingUntil }
      : null,
  emailKey: row.emailKey,
  region: row.region,
})
