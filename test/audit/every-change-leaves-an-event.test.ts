/**
 * Every route that changes something, done once, leaves its events, each exactly once. A new route
 * fails here until it says what it leaves and how to do it, or why it leaves nothing; so does a new
 * way for an admin to look at one person.
 */
import { expect, it, vi } from 'vitest'
import { routes } from '../../src/app'
import type { EventName } from '../../src/events'
import { rowsOf } from '../db/rows'
import { stopClock } from '../support/clock'
import { isChange, isAuditedRead, titled } from '../support/routes'
import { ADMIN_TRACES, AUDITED_READS } from './admin-traces'
import { OAUTH_TRACES } from './oauth-traces'
import { OWN_APP_TRACES } from './own-app-traces'
import { PASSKEY_TRACES } from './passkey-traces'
import { API, type Trace, withFirstAdmin } from './traces'
import { TRUSTED_DEVICE_TRACES } from './trusted-device-traces'
import { USER_TRACES } from './user-traces'

stopClock()
withFirstAdmin()

const CHANGES = {
  ...USER_TRACES,
  ...PASSKEY_TRACES,
  ...TRUSTED_DEVICE_TRACES,
  ...OWN_APP_TRACES,
  ...OAUTH_TRACES,
  ...ADMIN_TRACES,
}

const eventsAbout = async (event: EventName, about: number | string): Promise<number> => {
  const [row] = await rowsOf<{ n: number }>(
    typeof about === 'number'
      ? 'SELECT count(*) AS n FROM audit_log WHERE event = ? AND target_id = ?'
      : 'SELECT count(*) AS n FROM audit_log WHERE event = ? AND instr(data, ?) > 0',
    event,
    about,
  )
  return row?.n ?? 0
}

async function leaves(title: string, table: Readonly<Record<string, Trace>>): Promise<void> {
  const wanted = table[title.replace(API, '')]
  if (!wanted) throw new Error(`${title} is not listed: what does it leave in the audit log?`)
  if ('leavesNothing' in wanted) return
  const { reply, about } = await wanted.by()
  expect(reply.status, JSON.stringify(reply.body)).toBeLessThan(300)
  for (const event of wanted.leaves) {
    // Events of a user's object come through the queue.
    await vi.waitFor(async () => expect(await eventsAbout(event, about), event).toBe(1), {
      timeout: 8000,
      interval: 25,
    })
  }
}

it.each(titled(isChange))(
  '%s leaves its events, each once',
  (title) => leaves(title, CHANGES),
  15_000,
)
it.each(titled(isAuditedRead))('%s logs the read', (title) => leaves(title, AUDITED_READS), 15_000)

it('lists no route that is not there', () => {
  const mounted = new Set(
    routes.map(({ method, path }) => `${method.toUpperCase()} ${path.replace(API, '')}`),
  )
  for (const listed of [...Object.keys(CHANGES), ...Object.keys(AUDITED_READS)])
    expect([...mounted]).toContain(listed)
})
