/**
 * Streams the audit log as NDJSON, newest first, one page at a time as the client reads. Memory use
 * is constant, and querying stops when the client disconnects.
 */
import { type AuditEntry, commit } from '../commit/commit'
import type { Actor, Deps } from '../context'
import { runBatch } from '../db/batch'
import { onReplica } from '../db/replica'
import { ndjsonLines, streamText } from '../http/stream-text'
import { type EventFilter, type EventRow, findEvents, dropsViews } from './event-query'
import { toAuditEvent } from './event-view'
import { resolveFilter, type SearchFilter } from './list-events'
import { VIEWS } from './merged-events'

/** A million events take a thousand queries, the most that one request may make. */
const ROWS_PER_QUERY = 1000

/**
 * Streams the events that a filter finds, older than the id `before`. Records the export for each
 * user named.
 */
export async function streamEvents(
  deps: Deps,
  actor: Actor,
  asked: SearchFilter,
  before: string | undefined,
): Promise<ReadableStream<Uint8Array>> {
  const { filter, persons } = await resolveFilter(deps, asked)
  await commit(deps, {
    change: [],
    audit: (persons.length > 0 ? persons : [null]).map((target): AuditEntry => ({
      event: 'admin.audit_exported',
      actor: { subject: actor.subject },
      target,
      data: {},
    })),
  })
  return streamText(write(onReplica(deps), filter, before))
}

async function* write(
  source: Pick<Deps, 'd1'>,
  filter: EventFilter,
  before: string | undefined,
): AsyncGenerator<string, void> {
  for (let last = before; ;) {
    const [found] = await runBatch(source, [
      findEvents(filter, { before: last, limit: ROWS_PER_QUERY }),
    ])
    const rows = (found?.results ?? []) as EventRow[]
    const shown = dropsViews(filter) ? rows.filter(({ event }) => !VIEWS.has(event)) : rows
    if (shown.length > 0) yield ndjsonLines(shown.map(toAuditEvent))
    if (rows.length < ROWS_PER_QUERY) return
    last = rows.at(-1)?.id
  }
}
