/** /healthz touches D1 and an object, but anyone may ask: so how often it does is bounded. */
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import worker from '../../src/index'
import { pass, stopClock } from '../support/clock'
import { consoleLines } from '../support/worker'
import { type Hook, wrapEnv } from '../support/wrapped-env'

stopClock()
beforeEach(() => void consoleLines())

/** One isolate: its environment stays the same object. `broken` says what each part does. */
function isolate() {
  const parts = { calls: 0, broken: '' }
  const hook: Hook = ({ name }, go) => {
    parts.calls += 1
    if (parts.broken === 'silent') return new Promise(() => {})
    if (parts.broken !== '' && name.startsWith(parts.broken)) {
      return Promise.reject(Object.assign(new Error('internal error'), { retryable: true }))
    }
    return go()
  }
  const isolated = wrapEnv(env, hook)
  const probe = async () => {
    const ctx = createExecutionContext()
    const request = new Request('http://localhost:8787/healthz')
    const { status } = await worker.fetch(request as never, isolated, ctx)
    await waitOnExecutionContext(ctx)
    return status
  }
  return { parts, probe }
}

describe('health', () => {
  it('is checked once for many that ask within five seconds', async () => {
    const { parts, probe } = isolate()
    for (let n = 0; n < 200; n++) expect(await probe()).toBe(200)
    expect(parts.calls).toBe(2)
    pass(5_000)
    expect(await probe()).toBe(200)
    expect(parts.calls).toBe(4)
  })

  it.each(['DB', 'USER_SESSIONS'])('is 503 when %s fails, within five seconds', async (part) => {
    const { parts, probe } = isolate()
    expect(await probe()).toBe(200)
    parts.broken = part
    pass(5_000)
    expect(await probe()).toBe(503)
    const { calls } = parts
    for (let n = 0; n < 50; n++) expect(await probe()).toBe(503)
    expect(parts.calls).toBe(calls)
  })

  it('is 200 again a second after the part works again', async () => {
    const { parts, probe } = isolate()
    parts.broken = 'DB'
    expect(await probe()).toBe(503)
    parts.broken = ''
    expect(await probe()).toBe(503)
    pass(1_000)
    expect(await probe()).toBe(200)
  })

  it('is checked by one while others ask, and 503 when there is no answer', async () => {
    const { parts, probe } = isolate()
    expect(await probe()).toBe(200)
    pass(5_000)
    parts.broken = 'silent'
    const first = probe()
    await vi.waitFor(() => expect(parts.calls).toBeGreaterThan(2))
    const { calls } = parts
    for (let n = 0; n < 20; n++) expect(await probe()).toBe(200)
    expect(parts.calls).toBe(calls)
    expect(await first).toBe(503)
    expect(await probe()).toBe(503)
  })
})
