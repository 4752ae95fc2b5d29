/**
 * Faults on purpose: the Worker's real calls to D1, objects, queues and mail, of which the n-th fails
 * in one of three ways. `before`: it never happens. `after`: it has happened, and its answer is lost.
 * `hang`: it does not answer within the request's budget and happens late, when the caller has long
 * been told. The budget's clock is injected: nobody waits for it.
 */
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { vi } from 'vitest'
import worker from '../../src/index'
import { freshIp, type Reply } from '../support/api'
import { wrapEnv } from '../support/wrapped-env'

export const WAYS = ['before', 'after', 'hang'] as const
export type Way = (typeof WAYS)[number]

/** No other timer in the product has this length. */
const BUDGET_MS = 59_999
/** So long a call hangs before the request's time is declared over; work after the answer needs less. */
const HANG_MS = 12

const budgets = new Map<unknown, () => void>()
const start = globalThis.setTimeout
const stop = globalThis.clearTimeout
vi.spyOn(globalThis, 'setTimeout').mockImplementation(((run: () => void, ms?: number) => {
  const timer = start(run, ms)
  if (ms === BUDGET_MS) budgets.set(timer, run)
  return timer
}) as never)
vi.spyOn(globalThis, 'clearTimeout').mockImplementation(((timer: never) => {
  budgets.delete(timer)
  stop(timer)
}) as never)

const pause = (ms: number) => new Promise<void>((resolve) => start(resolve, ms))

export interface Ask {
  method: string
  path: string
  body?: unknown
  token?: string | undefined
  ip?: string
  headers?: Record<string, string>
}

/** What the platform throws when it fails, by the kind of call. */
function fault(name: string): Error {
  const kind = name.split('.')[0]
  if (kind === 'DB') return new Error('D1_ERROR: Network connection lost.')
  if (kind === 'EMAIL')
    return Object.assign(new Error('internal'), { code: 'E_INTERNAL_SERVER_ERROR' })
  return Object.assign(new Error('Network connection lost.'), { retryable: true })
}

/** One isolate's environment whose next calls can be made to fail. */
export class FaultyWorker {
  /** Names of the calls since `arm`. */
  calls: string[] = []
  #at = 0
  #aim: string | undefined
  #way: Way = 'before'
  #isAnswered = false
  #hung: PromiseWithResolvers<void> | undefined
  #died = Promise.withResolvers<void>()
  #outstanding = 0
  #armed = 0
  #isWork = false
  readonly env: Env

  constructor(settings: Record<string, string> = {}, base: Env = env) {
    const changed = { ...base, REQUEST_BUDGET_MS: String(BUDGET_MS), ...settings }
    this.env = wrapEnv(changed as unknown as Env, async (call, go) => {
      const armed = this.#armed
      this.#outstanding += 1
      try {
        return await this.#call(call.name, go)
      } finally {
        // What was given up long ago counts no more.
        if (armed === this.#armed) this.#outstanding -= 1
      }
    })
  }

  /** From now on the n-th call fails; 0: none. */
  arm(at: number, way: Way): void {
    this.#armed += 1
    this.#outstanding = 0
    this.#isWork = false
    this.calls = []
    this.#at = at
    this.#aim = undefined
    this.#way = way
    this.#isAnswered = false
    this.#hung = undefined
    this.#died = Promise.withResolvers()
  }

  /** From now on the first call of this name fails. */
  aim(name: string, way: Way): void {
    this.arm(0, way)
    this.#aim = name
  }

  /** The call that failed, if it came to it. */
  get struck(): string | undefined {
    return this.#at > 0 ? this.calls[this.#at - 1] : undefined
  }

  async #call(name: string, go: () => Promise<unknown>): Promise<unknown> {
    this.calls.push(name)
    if (name === this.#aim && this.#at === 0) this.#at = this.calls.length
    if (this.calls.length !== this.#at) return go()
    if (this.#way === 'hang') return this.#hang(go)
    if (this.#way === 'after') await go()
    throw fault(name)
  }

  async #hang(go: () => Promise<unknown>): Promise<unknown> {
    this.#hung = Promise.withResolvers()
    await pause(HANG_MS)
    if (!this.#isAnswered) {
      this.#died.resolve()
      // Of an invocation that ends here the call may still happen, and nobody hears of it.
      if (this.#isWork && this.#at % 2 === 0) await go()
      for (const expire of budgets.values()) expire()
      await this.#hung.promise
    }
    return go()
  }

  /** Several requests at once, under one fault; returns when nothing of them is under way any more. */
  async askAll(asks: readonly Ask[]): Promise<Reply[]> {
    const contexts = asks.map(() => createExecutionContext())
    const replies = await Promise.all(
      asks.map(async (ask, i) => {
        const ctx = contexts[i] ?? createExecutionContext()
        return readReply(await worker.fetch(requestOf(ask) as never, this.env, ctx))
      }),
    )
    this.#isAnswered = true
    this.#hung?.resolve()
    await Promise.all(contexts.map((ctx) => waitOnExecutionContext(ctx)))
    if (this.#hung) await this.#quiet()
    return replies
  }

  async ask(ask: Ask): Promise<Reply> {
    const [reply] = await this.askAll([ask])
    if (!reply) throw new Error('no answer')
    return reply
  }

  /** Work without a request: when a call hangs, the platform ends the invocation there. */
  async work(run: (env: Env, ctx: ExecutionContext) => Promise<unknown>): Promise<void> {
    this.#isWork = true
    const ctx = createExecutionContext()
    const done = run(this.env, ctx).then(() => waitOnExecutionContext(ctx))
    done.catch(() => undefined)
    await Promise.race([done, this.#died.promise])
    // Others beside it go on.
    if (this.#hung) await this.#quiet(1)
  }

  /** What went on behind an answer that came too soon has come to its end. */
  async #quiet(dead = 0): Promise<void> {
    for (let still = 0; still < 3;) {
      await pause(1)
      still = this.#outstanding <= dead ? still + 1 : 0
    }
  }
}

function requestOf({ method, path, body, token, ip, headers: more }: Ask): Request {
  const isText = typeof body === 'string'
  const headers = new Headers({
    'cf-connecting-ip': ip ?? freshIp(),
    'content-type': isText ? 'application/x-ndjson' : 'application/json',
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...more,
  })
  if (body === undefined) headers.delete('content-type')
  const payload = isText ? body : JSON.stringify(body)
  return new Request(`http://localhost:8787${path}`, {
    method,
    headers,
    ...(body !== undefined && { body: payload as string }),
  })
}

async function readReply(response: Response): Promise<Reply> {
  const { status } = response
  // A copy, as it was sent: work that goes on behind the answer may still set a cookie.
  const headers = new Headers(response.headers)
  // A stream that broke off is no file: its reader sees that.
  const text = await response.text().catch(() => '')
  const isJson = /\bjson|\+json/.test(headers.get('content-type') ?? '') && text !== ''
  return { status, headers, body: isJson ? JSON.parse(text) : text }
}

/** What the Worker says on its console, kept instead of printed: faults on purpose are no news. */
export const said: string[] = []
export function hush(): void {
  for (const method of ['log', 'warn', 'error'] as const) {
    vi.spyOn(console, method).mockImplementation((...words) => {
      said.push(words.map(String).join(' '))
    })
  }
}
