/**
 * A lock that all tabs of an origin share, so that a refresh token is used by one of them at a time. Where
 * the browser has no Web Locks, a lease in localStorage serves.
 */
import { random } from '../oidc/attempt.ts'
import { GatehouseSignInError } from '../oidc/failure.ts'
import { browser } from './browser.ts'

/**
 * Runs the work while no other tab runs work under this name. Throws `timed_out` when the lock cannot be
 * had in time: it is never given to two.
 */
export async function exclusively<T>(
  name: string,
  timeoutMs: number,
  work: () => Promise<T>,
): Promise<T> {
  const { locks } = browser.navigator ?? {}
  if (!locks) return withLease(name, timeoutMs, work)
  const patience = new AbortController()
  const timer = setTimeout(() => patience.abort(tooLong()), timeoutMs)
  try {
    return await new Promise<T>((resolve, reject) => {
      const held = locks.request(name, { signal: patience.signal }, async () => {
        clearTimeout(timer)
        await work().then(resolve, reject)
        // Another tab may see what was stored a moment later than it gets the lock.
        await pause(SETTLE_MS)
      })
      held.catch(reject)
    })
  } finally {
    clearTimeout(timer)
  }
}

const tooLong = () =>
  new GatehouseSignInError('timed_out', 'timed_out', 'Another tab is renewing the session')

const POLL_MS = 50
/** Longer than a tab needs from finding the lease free to writing it, and than storage takes to reach it. */
const SETTLE_MS = 60

/**
 * Fischer's algorithm: find the lease free, write a name into it, wait until everybody else who found it
 * free has written too, and hold it only if the name is still there.
 */
async function withLease<T>(name: string, timeoutMs: number, work: () => Promise<T>): Promise<T> {
  const { localStorage } = browser
  // Without any shared storage no other tab has the same token.
  if (!localStorage) return work()
  const key = `${name}:lease`
  const me = random()
  const holder = () => {
    const [id, until] = (localStorage.getItem(key) ?? '').split(' ')
    return id && Number(until) > Date.now() ? id : undefined
  }
  const write = () => localStorage.setItem(key, `${me} ${Date.now() + 2 * timeoutMs}`)
  for (const end = Date.now() + timeoutMs; holder() !== me;) {
    if (Date.now() > end) throw tooLong()
    if (holder() === undefined) {
      write()
      await pause(SETTLE_MS)
    } else await pause(POLL_MS)
  }
  try {
    return await work()
  } finally {
    if (holder() === me) localStorage.removeItem(key)
  }
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))
