/** Outbox rows straight into the table, so that no notification is sent and the real consumer stays away. */
import { randomId } from '../../src/crypto/encoding'
import type { Handler } from '../../src/outbox/perform'
import type { OutboxRow } from '../../src/tables/outbox'
import { insertRow, type Row, rowsOf } from '../db/rows'

/** Ahead of the real clock. */
export const NOW = Date.UTC(2031, 4, 6, 7, 8, 9)

export async function outboxRow(more: Row = {}): Promise<string> {
  const id = randomId()
  const row = { kind: 'note', subject: null, payload: '{}', next_attempt_at: NOW, created_at: NOW }
  await insertRow('outbox', { id, ...row, ...more })
  return id
}

export const stored = async (id: string) =>
  (
    await rowsOf<{
      attempts: number
      next_attempt_at: number
      leased_until: number | null
      last_error: string | null
      dead_at: number | null
    }>(
      'SELECT attempts, next_attempt_at, leased_until, last_error, dead_at FROM outbox WHERE id = ?',
      id,
    )
  )[0]

/** Handlers of the one kind `note`, and what was performed. */
export function noting(
  perform: (row: OutboxRow) => Promise<void> | void = () => {},
  maxAttempts = 3,
) {
  const performed: string[] = []
  const note: Handler = {
    perform: async (_deps, row) => {
      performed.push(row.id)
      await perform(row)
    },
    maxAttempts,
  }
  return { handlers: { note }, performed }
}
