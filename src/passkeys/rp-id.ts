import { sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { DomainError } from '../errors'
import { log } from '../log'

/** The ids that no stored passkey contradicts, as this isolate has seen. */
const checked = new Set<string>()

/**
 * Refuses to start ceremonies under another relying party id than that of the stored passkeys: no user
 * could use theirs any more, and each would think that it was lost. Looked up once per isolate. Throws
 * `unavailable`.
 */
export async function checkStoredRpId(deps: Deps): Promise<void> {
  const { PASSKEY_RP_ID: rpId } = deps.config
  if (checked.has(rpId)) return
  // Two ranges of the index, where `<>` would read all of it.
  const [row] = await deps.db.all<{ rp_id: string }>(sql`
    SELECT rp_id FROM (SELECT rp_id FROM passkeys WHERE rp_id < ${rpId} LIMIT 1)
    UNION ALL
    SELECT rp_id FROM (SELECT rp_id FROM passkeys WHERE rp_id > ${rpId} LIMIT 1)`)
  if (row) {
    log.error('wrong_rp_id', deps, { setting: 'PASSKEY_RP_ID', is: rpId, stored: row.rp_id })
    throw new DomainError('unavailable')
  }
  checked.add(rpId)
}
