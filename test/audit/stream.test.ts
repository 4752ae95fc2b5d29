/** The audit log as NDJSON: all of it, at the reader's pace, and not a page further. */
import { createExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { streamEvents } from '../../src/audit/stream-events'
import type { Principal } from '../../src/context'
import worker from '../../src/index'
import { depsFor } from '../support/deps'
import { meteredEnv } from '../support/metered'
import { emptyLog, loggedMany } from './log'
import {
  CAROL,
  find,
  iso,
  itemsOf,
  MINUTE,
  mixed,
  ndjson,
  request,
  START,
  withClerk,
} from './search'

withClerk()

describe('the stream', () => {
  const range = { from: iso(START), to: iso(START + 3000 * MINUTE) }
  beforeAll(async () => {
    await emptyLog()
    await loggedMany(mixed(2500))
  })

  it('is everything that the filter finds, an event a line, as in pages', async () => {
    const lines = await ndjson(range)
    expect(lines).toHaveLength(2500)
    expect(await ndjson({ ...range, actor_id: CAROL })).toEqual(
      await itemsOf({ ...range, actor_id: CAROL }),
    )
    expect(lines.map((line) => line.id)).toEqual(
      lines
        .map((line) => line.id)
        .toSorted()
        .toReversed(),
    )
    expect(await ndjson({ ...range, target_id: 4_000_000_000 })).toEqual([])
  })

  it('goes on where a page ended', async () => {
    const query = { ...range, action: 'rbac.role_created' }
    const { items, next_cursor: cursor } = (await find(query)).body
    expect([...items, ...(await ndjson({ ...query, cursor }))]).toEqual(await ndjson(query))
  })

  it('is asked for by any Accept that names it', async () => {
    const query = { ...range, action: 'rbac.role_created' }
    for (const accept of ['Application/X-NDJSON; q=0.9', 'text/html, application/x-ndjson']) {
      expect(await ndjson(query, accept)).toHaveLength(250)
    }
    const reply = await find(query)
    expect(reply.headers.get('content-type')).toMatch(/^application\/json/)
  })

  it('fetches nothing before it is read, and nothing after its reader has gone', async () => {
    const { env: metered, meter } = meteredEnv(env)
    const deps = depsFor({ env: metered })
    const [principal] = [{ subject: 'nobody' } as Principal]
    const stream = await streamEvents(deps, principal, { from: START }, undefined)
    await scheduler.wait(20)
    // What recorded it.
    expect(meter.rows.queries).toBe(1)
    const reader = stream.getReader()
    const { value } = await reader.read()
    expect(new TextDecoder().decode(value).split('\n')).toHaveLength(1001)
    await reader.cancel()
    await scheduler.wait(20)
    expect(meter.rows.queries).toBeLessThanOrEqual(3)
    expect(meter.rows.read).toBeLessThan(2500)
  })

  it('of the Worker stops too when its client reads one chunk and goes', async () => {
    const { env: metered, meter } = meteredEnv(env)
    const accept = 'application/x-ndjson'
    const response = await worker.fetch(request(range, accept), metered, createExecutionContext())
    const reader = response.body?.getReader()
    await reader?.read()
    const before = meter.rows.queries
    await reader?.cancel()
    await scheduler.wait(20)
    expect(meter.rows.queries - before).toBeLessThanOrEqual(1)
    expect(meter.rows.read).toBeLessThan(2500)
  })
})
