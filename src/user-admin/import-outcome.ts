/** Reads back, after the batch, what happened to each line of a chunk. */
import { sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { isUnprovedRegistration } from '../registration/take-over'

/** Why a valid line created no account. */
export const SKIP_CODES = [
  'email_taken',
  'address_kept',
  'duplicate_in_chunk',
  'outranked',
] as const
type SkipCode = (typeof SKIP_CODES)[number]

/** A skipped line (numbered from 1), with its address in canonical form. */
export interface SkippedLine {
  readonly line: number
  readonly email: string
  readonly code: SkipCode
  readonly message: string
}

const MESSAGES: Record<SkipCode, string> = {
  email_taken: 'An account with this address already exists',
  address_kept: 'This address is reserved for a user who can still undo an email change',
  duplicate_in_chunk: 'An earlier line has the same address',
  outranked: 'An unverified account with this address has permissions that you do not have',
}

export const skippedLine = (line: number, email: string, code: SkipCode): SkippedLine => ({
  line,
  email,
  code,
  message: MESSAGES[code],
})

/** A row as it was passed to the batch. */
export interface GivenRow {
  readonly line: number
  readonly subject: string
  readonly email: string
  readonly email_key: string
}

export interface Outcome {
  readonly imported: number
  readonly skipped: SkippedLine[]
  /** Ids of unverified registrations that caused a line to be skipped. */
  readonly registrations: number[]
}

interface Found {
  readonly line: number
  readonly email: string
  readonly is_made: number
  readonly id: number | null
  readonly is_registration: number | null
}

/** Makes one query, answered from indexes, however many users there are. */
export async function outcomeOf(deps: Deps, rows: readonly GivenRow[]): Promise<Outcome> {
  const given = JSON.stringify(
    rows.map(({ line, subject, email, email_key }) => ({ line, subject, email, key: email_key })),
  )
  const found = await deps.db.all<Found>(sql`
    SELECT row.value ->> 'line' AS line, row.value ->> 'email' AS email,
      EXISTS (SELECT 1 FROM users AS made WHERE made.subject = row.value ->> 'subject') AS is_made,
      users.id AS id, ${isUnprovedRegistration} AS is_registration
    FROM json_each(${given}) AS row LEFT JOIN users ON users.email_key = row.value ->> 'key'`)
  const skipped = found.filter((row) => row.is_made === 0)
  return {
    imported: found.length - skipped.length,
    skipped: skipped.map(({ line, email, id, is_registration }) =>
      skippedLine(
        line,
        email,
        id === null ? 'address_kept' : is_registration === 1 ? 'outranked' : 'email_taken',
      ),
    ),
    registrations: skipped.flatMap(({ id, is_registration }) =>
      id !== null && is_registration === 1 ? [id] : [],
    ),
  }
}
