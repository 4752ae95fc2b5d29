/** Talks to a metered Gatehouse, and knows when all that a request set in motion is done. */
import type { Served } from '../runtime/serve.ts'
import type { Asker, Cost, Figures } from './cost.ts'

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const STEP_MS = 15
/** Longer than a queue takes to hand a message over. */
const QUIET_STEPS = 6

export class Client implements Asker {
  readonly #url: string
  constructor(served: Served) {
    this.#url = served.at('gatehouse')
  }

  call(method: string, path: string, body?: unknown, token?: string): Promise<Response> {
    const headers = new Headers({ 'cf-connecting-ip': freshIp() })
    if (token) headers.set('authorization', `Bearer ${token}`)
    if (body !== undefined) {
      headers.set(
        'content-type',
        typeof body === 'string' ? 'application/x-ndjson' : 'application/json',
      )
    }
    return fetch(`${this.#url}${path}`, {
      method,
      headers,
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
  }

  async control<T>(path: string): Promise<T> {
    const response = await fetch(`${this.#url}/__bench/${path}`)
    const text = await response.text()
    return (text === 'ok' ? undefined : JSON.parse(text)) as T
  }

  /** Waits until nothing is under way and nothing more is counted. */
  async settled(): Promise<Figures> {
    let last = ''
    for (let quiet = 0; ;) {
      await sleep(STEP_MS)
      const { pending, ...figures } = await this.control<Figures & { pending: number }>('figures')
      const now = JSON.stringify(figures)
      quiet = now === last && pending === 0 ? quiet + 1 : 0
      last = now
      if (quiet >= QUIET_STEPS) return figures
    }
  }

  /** What a request costs, with all that it sets in motion. */
  async cost(ask: () => Promise<Response>): Promise<{ cost: Cost; text: string }> {
    await this.settled()
    await this.control('reset')
    const start = performance.now()
    const response = await ask()
    const text = await response.text()
    const ms = performance.now() - start
    const figures = await this.settled()
    const [, calls = 0, rows = 0] =
      /desc="(\d+) calls, (\d+) rows"/.exec(response.headers.get('server-timing') ?? '') ?? []
    const cost = {
      status: response.status,
      ...figures,
      answer_calls: Number(calls),
      answer_rows_read: Number(rows),
      ms,
    }
    return { cost, text }
  }

  /** The token in the mail of this kind that was sent last. */
  async mailedToken(page: string): Promise<string> {
    await this.settled()
    const mails = await this.control<{ text: string }[]>('mails')
    for (const { text } of mails.toReversed()) {
      const [, token] = new RegExp(`/${page}\\?token=([\\w.-]+)`).exec(text) ?? []
      if (token) return token
    }
    throw new Error(`no mail with a link to ${page}`)
  }
}

let ips = 0
/** Nobody is to meet the limit of an address. */
const freshIp = () => {
  ips += 1
  return `10.${(ips >> 16) & 255}.${(ips >> 8) & 255}.${ips & 255}`
}
