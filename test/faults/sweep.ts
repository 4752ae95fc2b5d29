/**
 * The sweep: a flow with its first outside call failing, then its second, until it passes untouched,
 * in all three ways. After each fault: the answer is 503 with Retry-After, or a success whose effect
 * is there; a second try succeeds or is told a documented code. When time has passed and the cron has
 * run, every effect is there, once, and the invariants hold.
 */
import { env } from 'cloudflare:workers'
import { expect } from 'vitest'
import { runCron } from '../../src/background/cron'
import type { Reply } from '../support/api'
import { MINUTE, pass } from '../support/clock'
import { cronOf } from '../support/crons'
import { depsFor } from '../support/deps'
import { mailsTo } from '../support/mailbox'
import type { Case, Logged } from './flow'
import { FaultyWorker, type Way } from './injected'
import { broken } from './invariants'

/** More outside calls than any flow makes: a flow that never passes untouched is a fault of the sweep. */
const MOST_CALLS = 60

/** How often each kind of call was struck, for the closing line. */
export const struck = new Map<string, number>()

export async function sweep(
  make: () => Promise<Case>,
  way: Way,
  worker: FaultyWorker = new FaultyWorker(),
): Promise<number> {
  const inTheEnd: (() => Promise<void>)[] = []
  for (let n = 1; n <= MOST_CALLS; n++) {
    const flow = await make()
    worker.arm(n, way)
    const reply = await worker.ask(flow.ask)
    const at = worker.struck
    const about = `${way} call ${n}, ${at ?? 'none'}: ${reply.status} ${JSON.stringify(reply.body)}`
    await judge(flow, reply, about)
    if (at === undefined) {
      expect(isSuccess(flow, reply), about).toBe(true)
      await heal()
      for (const check of inTheEnd) await check()
      expect(await broken(), about).toEqual([])
      return n - 1
    }
    struck.set(at, (struck.get(at) ?? 0) + 1)
    worker.arm(0, way)
    inTheEnd.push(await again(flow, await worker.ask(flow.ask), about))
  }
  throw new Error(`the flow has not passed untouched within ${MOST_CALLS} calls`)
}

const isSuccess = ({ isPage }: Case, { status }: Reply): boolean =>
  status < 300 || (isPage === true && status === 303)

const isDone = (flow: Case, reply: Reply): Promise<boolean> =>
  flow.isDone(flow.isPage ? reply : reply.body)

/** Of a problem, or of an error of OAuth. A page has only its status. */
const codeOf = ({ isPage }: Case, { status, body }: Reply): unknown =>
  isPage ? String(status) : (body.code ?? body.error)

/** Never a success without its effect, never a fault that does not say when to come back. */
async function judge(flow: Case, reply: Reply, about: string): Promise<void> {
  if (flow.isWhole) expect(await flow.isWhole(), `half-written: ${about}`).toBe(true)
  if (isSuccess(flow, reply)) {
    expect(await isDone(flow, reply), `the effect is missing: ${about}`).toBe(true)
    return
  }
  expect(reply.status, about).toBe(503)
  expect(Number(reply.headers.get('retry-after')), about).toBeGreaterThan(0)
  if (flow.isPage) return judgePage(reply, about)
  expect(codeOf(flow, reply), about).toMatch(
    /^(unavailable|effect_pending|temporarily_unavailable)$/,
  )
}

/** Our own page of the fault, which keeps the browser signed in. */
function judgePage({ headers, body }: Reply, about: string): void {
  expect(headers.get('content-type'), about).toMatch(/^text\/html/)
  expect(headers.get('content-security-policy'), about).toContain("default-src 'none'")
  expect(headers.get('cache-control'), about).toBe('no-store')
  expect(headers.getSetCookie().join(), about).not.toMatch(/gatehouse=;/)
  expect(body, about).toContain('We’ll be right back')
  expect(body, about).toContain(headers.get('x-request-id'))
}

/** Judges the second try; returns what must hold when the cron has had its time. */
async function again(flow: Case, reply: Reply, about: string): Promise<() => Promise<void>> {
  const told = `${about}; again: ${reply.status} ${JSON.stringify(reply.body)}`
  if (flow.isWhole) expect(await flow.isWhole(), `half-written: ${told}`).toBe(true)
  const hasSucceeded = isSuccess(flow, reply)
  if (hasSucceeded) expect(await isDone(flow, reply), told).toBe(true)
  else expect(flow.again ?? [], told).toContain(codeOf(flow, reply))
  return async () => {
    const inTheEnd = hasSucceeded ? isDone(flow, reply) : flow.isDone(undefined)
    expect(await inTheEnd, told).toBe(true)
    if (flow.once) expect(await countOf(flow.once), told).toBe(1)
    if (!flow.mail) return
    const { each } = flow.mail
    expect(mailsOf(flow.mail), told).toHaveLength(each ? await countOf(each) : 1)
  }
}

/** Leases run out, and the sweeps run twice. */
export async function heal(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) {
    pass(3 * MINUTE)
    for (const sweeper of ['sweep_outbox', 'sweep_webhooks'])
      await runCron(depsFor(), cronOf(sweeper))
  }
}

const mailsOf = ({ to, link }: NonNullable<Case['mail']>) =>
  mailsTo(to).filter(({ text }) => text.includes(link))

const countOf = async (logged: Logged): Promise<number> => {
  const isUser =
    'id' in logged ? 'target_id = ?2' : 'target_id = (SELECT id FROM users WHERE email_key = ?2)'
  const n = await env.DB.prepare(
    `SELECT count(*) AS n FROM audit_log WHERE event = ?1 AND ${isUser}`,
  )
    .bind(logged.event, 'id' in logged ? logged.id : logged.email)
    .first<number>('n')
  return n ?? 0
}
