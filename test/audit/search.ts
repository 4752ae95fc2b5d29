/** A life to search in, every way to search it, and a clerk who does so over the API. */
import { createExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, expect } from 'vitest'
import type { EventFilter } from '../../src/audit/event-query'
import type { EventName } from '../../src/events'
import worker from '../../src/index'
import { freshIp, get, type Reply } from '../support/api'
import { makeStaffRoles } from '../support/roles'
import { type SignedInUser, staff } from '../support/users'
import type { Many } from './log'

/** Ahead of the real clock, so that what happens meanwhile is not found in the range. */
export const START = Date.UTC(2031, 4, 6)
export const MINUTE = 60_000
export const iso = (ms: number) => new Date(ms).toISOString()
/** Ids that no account has: the log knows no foreign keys. */
export const [ADA, BOB, CAROL] = [1_000_001, 1_000_002, 1_000_003]

/** A life of some people: everyday events, changes, what an admin did, and nobody's failures. */
export const mixed = (count: number): Many[] => {
  const kinds: Omit<Many, 'at'>[] = [
    { event: 'auth.signed_in', actor_id: ADA, target_id: ADA },
    { event: 'auth.sessions_ended', actor_id: ADA, target_id: ADA },
    { event: 'admin.user_edited', actor_id: BOB, target_id: ADA },
    { event: 'user.profile_updated', actor_id: ADA, target_id: ADA },
    { event: 'auth.signed_in', actor_id: CAROL, target_id: CAROL },
    { event: 'admin.user_edited', actor_id: BOB, target_id: CAROL },
    { event: 'admin.user_edited', actor_id: CAROL, target_id: ADA },
    { event: 'user.password_reset_requested', actor_id: null, target_id: ADA },
    { event: 'auth.sign_in_failed', actor_id: null, target_id: null },
    { event: 'rbac.role_created', actor_id: BOB, target_id: null },
  ]
  return Array.from({ length: count }, (_, n) => {
    const kind = kinds[n % kinds.length] ?? { event: 'user.active' }
    // An admin edits many people a few times, not one for ever.
    const target = n > 200 && kind.target_id === CAROL && kind.actor_id === BOB
    return { ...kind, ...(target && { target_id: 100_000 + n }), at: START + n * MINUTE }
  })
}

const ACTIONS: (EventName | undefined)[] = [
  undefined,
  'auth.signed_in',
  'admin.user_edited',
  'user.profile_updated',
]
/** Every combination of the filters there are. */
export const combinations = (): EventFilter[] =>
  [undefined, ADA, BOB, CAROL].flatMap((actorId) =>
    [undefined, ADA, CAROL].flatMap((targetId) =>
      ACTIONS.flatMap((action) =>
        [undefined, START + 30 * MINUTE].flatMap((from) =>
          [undefined, START + 130 * MINUTE].map((to) => ({ actorId, targetId, action, from, to })),
        ),
      ),
    ),
  )

/** The same in JavaScript. */
export const matches = (filter: EventFilter) => (each: Many) =>
  (filter.actorId === undefined || each.actor_id === filter.actorId) &&
  (filter.targetId === undefined || each.target_id === filter.targetId) &&
  (filter.action === undefined || each.event === filter.action) &&
  (filter.from === undefined || each.at >= filter.from) &&
  (filter.to === undefined || each.at < filter.to)

export const PATH = '/api/v1/admin/audit'
type Query = Record<string, unknown>
const pathOf = (query: Query): string =>
  `${PATH}?${new URLSearchParams(query as Record<string, string>).toString()}`

/** Who holds admin:system and nothing else. */
export let clerk: SignedInUser
export const withClerk = () =>
  beforeAll(async () => {
    await makeStaffRoles()
    clerk = await staff('staff-system')
  })

export const find = (query: Query): Promise<Reply> => get(pathOf(query), { token: clerk.token })

/** Every page of a query, one after the other. */
export async function pagesOf(query: Query): Promise<Reply['body'][]> {
  const pages: Reply['body'][] = []
  let cursor: string | null = null
  do {
    const reply = await find({ ...query, ...(cursor !== null && { cursor }) })
    expect(reply.status, JSON.stringify(reply.body)).toBe(200)
    pages.push(reply.body)
    cursor = reply.body.next_cursor
  } while (cursor !== null)
  return pages
}
export const itemsOf = async (query: Query) => (await pagesOf(query)).flatMap((page) => page.items)

/** The request itself, for the Worker's own handler. */
export const request = (query: Query, accept: string) =>
  new Request(`http://localhost:8787${pathOf(query)}`, {
    headers: { authorization: `Bearer ${clerk.token}`, accept, 'cf-connecting-ip': freshIp() },
  }) as never

/** The stream of a query, line by line. */
export async function ndjson(query: Query, accept = 'application/x-ndjson') {
  const response = await worker.fetch(request(query, accept), env, createExecutionContext())
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('application/x-ndjson')
  expect(response.headers.get('cache-control')).toBe('no-store')
  const text = new TextDecoder().decode(await response.arrayBuffer())
  expect(text === '' || text.endsWith('\n')).toBe(true)
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
}
