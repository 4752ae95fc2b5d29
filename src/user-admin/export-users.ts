/**
 * Streams every user as NDJSON or CSV, one page at a time as the client reads. Memory use is
 * constant, and querying stops when the client disconnects. A failure aborts the stream, so that a
 * truncated file cannot pass for a complete one. The export is recorded in the audit log before the
 * first byte is sent.
 */
import { sql } from 'drizzle-orm'
import { commit } from '../commit/commit'
import type { Actor, Deps } from '../context'
import { runBatch } from '../db/batch'
import { onReplica } from '../db/replica'
import { ndjsonLines, streamText } from '../http/stream-text'
import { dateOf, dayOf } from '../time'
import { type ListedRow, listedColumns } from '../user-search/listed-user'
import { toUser, User } from '../users/user-view'
import { type Cell, csvLine } from './csv'

export const EXPORT_FORMATS = ['ndjson', 'csv'] as const
type ExportFormat = (typeof EXPORT_FORMATS)[number]

export const EXPORT_TYPES: Readonly<Record<ExportFormat, string>> = {
  ndjson: 'application/x-ndjson',
  csv: 'text/csv; charset=utf-8; header=present',
}

/** The name of the downloaded file, with today's date. */
export const exportName = ({ now }: Pick<Deps, 'now'>, format: ExportFormat): string =>
  `users-${dateOf(dayOf(now))}.${format}`

/** A million users take 800 queries. One request may make 1,000. */
const USERS_PER_QUERY = 1250

/**
 * Streams all users in id order, which is not the order of registration: imports keep their
 * `created_at`.
 */
export async function exportUsers(
  deps: Deps,
  actor: Actor,
  format: ExportFormat,
): Promise<ReadableStream<Uint8Array>> {
  await commit(deps, {
    change: [],
    audit: [
      {
        event: 'admin.users_exported',
        actor: { subject: actor.subject },
        target: null,
        data: { format },
      },
    ],
  })
  return streamText(write(deps, linesFor(format)))
}

interface Lines {
  readonly head: string
  readonly lineOf: (user: User) => string
}

function linesFor(format: ExportFormat): Lines {
  if (format === 'ndjson') return { head: '', lineOf: (user) => ndjsonLines([user]) }
  const columns = Object.keys(User.unwrap().shape) as (keyof User)[]
  return {
    head: csvLine(columns),
    lineOf: (user) => csvLine(columns.map((column) => toCell(user[column]))),
  }
}

/** Roles separated by spaces, preferences as JSON. */
function toCell(value: User[keyof User]): Cell {
  if (Array.isArray(value)) return value.join(' ')
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : value
}

async function* write(deps: Deps, { head, lineOf }: Lines): AsyncGenerator<string, void> {
  const replica = onReplica(deps)
  let text = head
  for (let last = 0; ;) {
    const rows = await usersAfter(replica, last)
    text += rows.map((row) => lineOf(toUser(row))).join('')
    if (text !== '') yield text
    if (rows.length < USERS_PER_QUERY) return
    text = ''
    last = rows.at(-1)?.id ?? last
  }
}

async function usersAfter(replica: Pick<Deps, 'd1'>, id: number): Promise<ListedRow[]> {
  const [found] = await runBatch(replica, [
    sql`SELECT ${listedColumns} FROM users WHERE users.id > ${id} ORDER BY users.id LIMIT ${USERS_PER_QUERY}`,
  ])
  return (found?.results ?? []) as ListedRow[]
}
