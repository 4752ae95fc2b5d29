/**
 * Faults that the product must not have, put in from outside; the runs must find each. They
 * patch the object's class or the statements on their way to D1, never the source.
 */
import { vi } from 'vitest'
import { randomId } from '../../src/crypto/encoding'
import { FLAG } from '../../src/crypto/webauthn/authenticator-data'
import { AppStore } from '../../src/sessions/object/app-store'
import { CodeStore } from '../../src/sessions/object/code-store'
import { SecondFactorBudget } from '../../src/sessions/object/second-factor-budget'
import { UserSessions } from '../../src/sessions/object/user-sessions'

type Mutate = (base: Env) => Env
const asItIs: Mutate = (base) => base

/** The database with some statements replaced as they are prepared. */
const withStatements =
  (replace: (sql: string, database: D1Database) => D1PreparedStatement | undefined): Mutate =>
  (base) => {
    const { DB } = base
    const prepare = (sql: string) => replace(sql, DB) ?? DB.prepare(sql)
    const get = (target: D1Database, key: string | symbol) => {
      if (key === 'prepare') return prepare
      const value: unknown = Reflect.get(target, key)
      return typeof value === 'function' ? value.bind(target) : value
    }
    return { ...base, DB: new Proxy(DB, { get }) }
  }

/** A precondition of this name always holds. */
const dropPrecondition = (name: string): Mutate =>
  withStatements((sql, database) => {
    if (!sql.includes('INSERT INTO precondition')) return undefined
    const bind = (...values: unknown[]) =>
      values[0] === name ? database.prepare('SELECT 1') : database.prepare(sql).bind(...values)
    return { bind } as unknown as D1PreparedStatement
  })

const MUTANTS: Readonly<Record<string, () => Mutate>> = {
  'account-state-never-synced': () => {
    vi.spyOn(UserSessions.prototype, 'syncAccountState').mockImplementation(async () => ({
      status: 'taken',
    }))
    return asItIs
  },
  'precondition-dropped': () => dropPrecondition('token_unused'),
  'last-admin-dropped': () => dropPrecondition('an_admin_remains'),
  'lease-ignored': () =>
    withStatements((sql, database) => {
      if (!/^update "outbox"/i.test(sql) || !/returning/i.test(sql)) return undefined
      // As many parameters as before, or D1 refuses the statement and no lease is ever ignored.
      const open = sql.replace(/\("outbox"\."leased_until" is null or [^)]*\)/i, (lease) => {
        const [, ...compared] = lease.split(' or ')
        return `(${compared.map(() => '? is not null').join(' or ')})`
      })
      if (open === sql) throw new Error('the lease is not where it was')
      return database.prepare(open)
    }),
  'older-refresh-accepted': () => {
    around('rotate', (sid, generation, _, device) => [
      sid,
      generation,
      Number.POSITIVE_INFINITY,
      device,
    ])
    return asItIs
  },
  'factors-never-blocked': () => {
    const open = { isBlocked: false, isNew: false }
    vi.spyOn(SecondFactorBudget.prototype, 'block').mockImplementation(() => open)
    return asItIs
  },
  'user-verification-ignored': () => {
    // Every user who is present counts as verified.
    FLAG.UV = FLAG.UP
    return asItIs
  },
  'spent-challenge-accepted': () => {
    const unspent = <T extends object | undefined>(passkey: T): T =>
      passkey && { ...passkey, challenge: randomId() }
    around('openSession', (accountState, request, passkey) => [
      accountState,
      request,
      unspent(passkey),
    ])
    return asItIs
  },
  'replay-accepted': () => {
    vi.spyOn(CodeStore.prototype, 'spend').mockImplementation(() => undefined)
    return asItIs
  },
  'children-outlive-their-parent': () => {
    const insert = Reflect.get(AppStore.prototype, 'insert') as AppStore['insert']
    vi.spyOn(AppStore.prototype, 'insert').mockImplementation(function (this: AppStore, session) {
      Reflect.apply(insert, this, [{ ...session, isOffline: true }])
    })
    return asItIs
  },
  'credential-version-ignored': () => {
    around('syncAccountState', (accountState, keep) => [blind(accountState), keep])
    around('openSession', (accountState, ...rest) => [blind(accountState), ...rest])
    around('openChallenge', (accountState, ...rest) => [blind(accountState), ...rest])
    return asItIs
  },
}

/** The object's method with other arguments than it was given. */
function around(
  method: 'rotate' | 'syncAccountState' | 'openSession' | 'openChallenge',
  change: (...given: any[]) => unknown[],
): void {
  const original = Reflect.get(UserSessions.prototype, method) as unknown as (
    ...given: unknown[]
  ) => unknown
  vi.spyOn(UserSessions.prototype, method).mockImplementation(function (
    this: UserSessions,
    ...given: unknown[]
  ) {
    return Reflect.apply(original, this, change(...given))
  } as never)
}

const blind = <T extends object | null>(accountState: T): T =>
  accountState && { ...accountState, credentialVersion: 1 }

/** Puts a mutant in; none for an empty name. */
export function mutant(name: string): Mutate | undefined {
  if (name === '') return undefined
  const put = MUTANTS[name]
  if (!put) throw new Error(`no mutant ${name}; there are ${Object.keys(MUTANTS).join(', ')}`)
  return put()
}
