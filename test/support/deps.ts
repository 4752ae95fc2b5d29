/** Deps for calling verbs directly, as a queue, a job or a page would. */
import { env } from 'cloudflare:workers'
import { loadConfig } from '../../src/config'
import type { Deps } from '../../src/context'
import { openDatabase } from '../../src/db/database'
import { freshIp } from './api'

export const depsFor = (more: Partial<Deps> = {}): Deps => {
  const theEnv = more.env ?? env
  return {
    env: theEnv,
    config: loadConfig(theEnv),
    db: openDatabase(theEnv),
    now: Date.now(),
    requestId: 'test',
    client: { ip: freshIp(), country: 'NL', userAgent: 'test', region: 'weur' },
    // Failures inside are the verb's to handle: what escapes here fails the test as unhandled.
    waitUntil: (promise) => void promise,
    ...more,
  }
}
