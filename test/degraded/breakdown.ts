/** An isolate some of whose calls to the outside fail, from a moment of the test's choosing. */
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect } from 'vitest'
import worker from '../../src/index'
import { freshIp, type Reply } from '../support/api'
import { type OutsideCall, wrapEnv } from '../support/wrapped-env'

/** What the platform throws: a lost connection, too much at once, an object that was reset. */
export const FAULTS = {
  'D1 lost': () => new Error('D1_ERROR: Network connection lost.'),
  'D1 overloaded': () => new Error('D1 DB is overloaded. Requests queued for too long.'),
  'object lost': () => Object.assign(new Error('Network connection lost.'), { retryable: true }),
  'object overloaded': () =>
    Object.assign(new Error('Durable Object is overloaded. Too many requests queued.'), {
      overloaded: true,
    }),
} as const

export interface Ask {
  readonly method: string
  readonly path: string
  readonly body?: unknown
  readonly token?: string | undefined
  readonly headers?: Record<string, string>
}

export class Breakdown {
  /** Which calls fail now, or never answer; none until this is set. */
  fails: (call: OutsideCall) => Error | 'hangs' | undefined = () => undefined
  calls: string[] = []
  readonly env: Env

  constructor(changes: Record<string, unknown> = {}) {
    const own = { ...env, ...changes } as unknown as Env
    this.env = wrapEnv(own, (call, go) => {
      this.calls.push(call.name)
      const how = this.fails(call)
      if (how === 'hangs') return new Promise(() => undefined)
      return how ? Promise.reject(how) : go()
    })
  }

  async ask({ method, path, body, token, headers }: Ask): Promise<Reply> {
    const isText = typeof body === 'string'
    const sent = new Headers({ 'cf-connecting-ip': freshIp(), ...headers })
    if (body !== undefined && !sent.has('content-type')) {
      sent.set('content-type', isText ? 'application/x-ndjson' : 'application/json')
    }
    if (token !== undefined) sent.set('authorization', `Bearer ${token}`)
    const request = new Request(`http://localhost:8787${path}`, {
      method,
      headers: sent,
      redirect: 'manual',
      ...(body !== undefined && { body: isText ? body : JSON.stringify(body) }),
    })
    const ctx = createExecutionContext()
    const response = await worker.fetch(request as never, this.env, ctx)
    const text = await response.text()
    await waitOnExecutionContext(ctx)
    const isJson = /[/+]json\b/.test(response.headers.get('content-type') ?? '') && text !== ''
    return {
      status: response.status,
      headers: response.headers,
      body: isJson ? JSON.parse(text) : text,
    }
  }
}

/** Calls of one kind, such as `DB` or `USER_SESSIONS`, fail in a way. */
export const all =
  (kind: string, way: keyof typeof FAULTS) =>
  ({ name }: OutsideCall): Error | undefined =>
    name.startsWith(`${kind}.`) ? FAULTS[way]() : undefined

/** A fault told as it must be: 503, when to come back, and nothing of what failed. */
export function expectUnavailable(reply: Reply, about: string): void {
  expect(
    [reply.status, reply.body.code ?? reply.body.error],
    `${about} ${JSON.stringify(reply.body)}`,
  ).toEqual([503, expect.stringMatching(/^(unavailable|effect_pending|temporarily_unavailable)$/)])
  expect(Number(reply.headers.get('retry-after')), about).toBeGreaterThan(0)
  // Ids are random, and may spell anything.
  const told = JSON.stringify({ ...reply.body, instance: '', request_id: '' })
  expect(told, about).not.toMatch(/D1|Durable|overloaded|Network/)
}
