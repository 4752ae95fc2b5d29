import { asc, eq } from 'drizzle-orm'
import type { Deps } from '../context'
import { sessionsOf } from '../sessions/object-stub'
import { passkeys } from '../tables/passkeys'
import { type PasskeyView, toPasskeyView } from './passkey-view'

interface Owner {
  readonly userId: number
  readonly subject: string
}

/**
 * A user's passkeys, the oldest first. Leaves out those that the user's object knows as removed: after a
 * restore of D1 their rows are there again.
 */
export async function listPasskeys(deps: Deps, owner: Owner): Promise<PasskeyView[]> {
  const held = await readPasskeys(deps, owner)
  return held.map(({ row, use }) => toPasskeyView(row, use))
}

/** The same with everything else that is stored of them but their public keys, for an export. */
export async function describePasskeys(deps: Deps, owner: Owner) {
  const held = await readPasskeys(deps, owner)
  return held.map(({ row, use }) => ({
    ...toPasskeyView(row, use),
    credential_id: row.credentialId,
    aaguid: row.aaguid,
    transports: JSON.parse(row.transports) as string[],
  }))
}

async function readPasskeys(deps: Deps, { userId, subject }: Owner) {
  const [rows, uses] = await Promise.all([
    deps.db
      .select({
        id: passkeys.id,
        credentialId: passkeys.credentialId,
        name: passkeys.name,
        aaguid: passkeys.aaguid,
        transports: passkeys.transports,
        isBackupEligible: passkeys.isBackupEligible,
        isBackedUp: passkeys.isBackedUp,
        createdAt: passkeys.createdAt,
      })
      .from(passkeys)
      .where(eq(passkeys.userId, userId))
      .orderBy(asc(passkeys.createdAt), asc(passkeys.id)),
    sessionsOf(deps, subject).passkeyUses(),
  ])
  const byId = new Map(uses.map((use) => [use.id, use]))
  return rows
    .map((row) => ({ row, use: byId.get(row.id) }))
    .filter(({ use }) => use?.isRemoved !== true)
}
