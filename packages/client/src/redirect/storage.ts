/**
 * Where a page keeps its session, and the attempts to sign in that are under way. Anyone who can read the
 * session can act as the user until the service ends it.
 */
import type { Attempt } from '../oidc/attempt.ts'
import { isExpired, random } from '../oidc/attempt.ts'
import type { IdTokenClaims } from '../oidc/id-token.ts'
import { browser, type WebStorage } from './browser.ts'

/**
 * `memory`: until the page is left or loaded again. `sessionStorage`: until the tab is closed.
 * `localStorage`: until it is removed, and shared by all tabs.
 */
export type StorageChoice = 'memory' | 'sessionStorage' | 'localStorage'

export interface AppSession {
  readonly accessToken: string
  /** Milliseconds since 1970, by this machine's clock. */
  readonly expiresAt: number
  readonly refreshToken: string | null
  readonly idToken: string
  readonly user: IdTokenClaims
  readonly scope: string
  /** The sign-in that all renewed tokens stem from, and how often they were renewed. */
  readonly lineage: string
  readonly renewals: number
}

interface StoredSession extends AppSession {
  /** Another one each time that the session is stored. */
  readonly version: string
}

export interface AppStorage {
  readonly get: () => StoredSession | null
  /** Returns the version under which it is stored. */
  readonly set: (session: AppSession | null) => string | null
  readonly keepAttempt: (state: string, attempt: Attempt) => void
  /** Returns an attempt and forgets it, so that it can be finished once. */
  readonly takeAttempt: (state: string) => Attempt | undefined
  /** Whether another tab, copied from this one with its sessionStorage, has renewed the tokens. */
  readonly isSuperseded: (session: AppSession) => boolean
  readonly isShared: boolean
}

const MOST_ATTEMPTS = 20
const MOST_LINEAGES = 50

export function appStorage(choice: StorageChoice, key: string): AppStorage {
  const chosen = once(() => storageFor(choice))
  // An attempt may end in another tab: a link in an email opens one.
  const shared = once(() => storageFor('localStorage'))
  const attemptsKey = `${key}:attempts`
  const lineagesKey = `${key}:renewals`

  const get = () => read<StoredSession>(chosen(), key)
  const attempts = () =>
    Object.entries(read<Record<string, Attempt>>(shared(), attemptsKey) ?? {}).filter(
      ([, attempt]) => !isExpired(attempt),
    )
  const keepAttempts = (all: [string, Attempt][]) =>
    write(shared(), attemptsKey, all.length > 0 ? Object.fromEntries(all) : null)
  const lineages = () => read<Record<string, number>>(shared(), lineagesKey) ?? {}

  return {
    isShared: choice === 'localStorage',
    get,
    set(session) {
      const version = session && random()
      write(chosen(), key, session && { ...session, version })
      if (choice !== 'sessionStorage' || !session || session.renewals === 0) return version
      const { [session.lineage]: _, ...others } = lineages()
      const newest = Object.entries(others).slice(1 - MOST_LINEAGES)
      write(shared(), lineagesKey, {
        ...Object.fromEntries(newest),
        [session.lineage]: session.renewals,
      })
      return version
    },
    keepAttempt(state, attempt) {
      keepAttempts([...attempts().slice(1 - MOST_ATTEMPTS), [state, attempt]])
    },
    takeAttempt(state) {
      const all = attempts()
      keepAttempts(all.filter(([each]) => each !== state))
      return all.find(([each]) => each === state)?.[1]
    },
    isSuperseded: ({ lineage, renewals }) =>
      choice === 'sessionStorage' && (lineages()[lineage] ?? 0) > renewals,
  }
}

/** On a server a client is made, too, and touches no storage. */
function once<T>(make: () => T): () => T {
  let made: T | undefined
  return () => (made ??= make())
}

const memory = (): WebStorage => {
  const kept = new Map<string, string>()
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  }
}

/** A browser may refuse the storage altogether, and then memory serves. */
function storageFor(choice: StorageChoice): WebStorage {
  if (choice === 'memory') return memory()
  try {
    return browser[choice] ?? memory()
  } catch {
    return memory()
  }
}

function read<T>(storage: WebStorage, key: string): T | null {
  try {
    return JSON.parse(storage.getItem(key) ?? 'null') as T | null
  } catch {
    return null
  }
}

function write(storage: WebStorage, key: string, value: unknown): void {
  if (value === null) storage.removeItem(key)
  else storage.setItem(key, JSON.stringify(value))
}
