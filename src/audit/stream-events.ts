/**
 * The audit log as NDJSON, newest first: pulled page by page at the reader's pace, so that memory is
 * constant, and a reader who goes away ends the querying.
 */
import type { Actor, Deps } from '../context'
import { runBatch } from '../db/batch'
import { type AuditEntry, commit } from '../commit/commit'
import { onReplica } from '../db/replica'
import { type EventFilter, type EventRow, findEvents, dropsViews } from './event-query'
import { toAuditEvent } from './event-view'
import { resolveFilter, type SearchFilter } from './list-events'
import { VIEWS } from './merged-events'

/** A million events are a thousand queries, as many as one request may make. */
const ROWS_PER_QUERY = 1000

/** Streams what a filter finds, older than the id `before`. Recorded, of each person named. */
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
  return ndjsonOf(onReplica(deps), filter, before)
}

function ndjsonOf(
  source: Pick<Deps, 'd1'>,
  filter: EventFilter,
  before: string | undefined,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  let last = before
  return new ReadableStream(
    {
      async pull(controller) {
        // A pull that hands out nothing is not repeated, so it goes on over rows that are all left out.
        for (let isFilled = false; !isFilled;) {
          const [found] = await runBatch(source, [
            findEvents(filter, { before: last, limit: ROWS_PER_QUERY }),
          ])
          const rows = (found?.results ?? []) as EventRow[]
          const shown = dropsViews(filter) ? rows.filter(({ event }) => !VIEWS.has(event)) : rows
          const lines = shown.map((row) => `${JSON.stringify(toAuditEvent(row))}\n`)
          if (lines.length > 0) controller.enqueue(encoder.encode(lines.join('')))
          last = rows.at(-1)?.id
          const isOver = rows.length < ROWS_PER_QUERY
          if (isOver) controller.close()
          isFilled = lines.length > 0 || isOver
        }
      },
    },
    // Nothing is fetched before it is asked for.
    { highWaterMark: 0 },
  )
}
