import { asc, eq } from 'drizzle-orm'
import type { Deps } from '../context'
import { sessionsOf } from '../sessions/object-stub'
import { passkeys } from '../tables/passkeys'
import { type PasskeyView, toPasskeyView } from './passkey-view'

interface Owner {
  readonly userId: number
  readonly subject: string
}

const columns = {
  id: passkeys.id,
  name: passkeys.name,
  aaguid: passkeys.aaguid,
  isBackupEligible: passkeys.isBackupEligible,
  isBackedUp: passkeys.isBackedUp,
  createdAt: passkeys.createdAt,
  credentialId: passkeys.credentialId,
  transports: passkeys.transports,
}

/**
 * A user's passkeys, the oldest first. Leaves out those that the user's object knows as removed: after a
 * restore of D1 their rows are there again.
 */
export const listPasskeys = async (deps: Deps, owner: Owner): Promise<PasskeyView[]> =>
  (await findAll(deps, owner)).map(({ view }) => view)

/** The same with everything else that is stored of them but their public keys, for an export. */
export const describePasskeys = async (deps: Deps, owner: Owner) =>
  (await findAll(deps, owner)).map(({ view, row }) => ({
    ...view,
    credential_id: row.credentialId,
    aaguid: row.aaguid,
    transports: JSON.parse(row.transports) as string[],
  }))

async function findAll(deps: Deps, { userId, subject }: Owner) {
  const [rows, uses] = await Promise.all([
    deps.db
      .select(columns)
      .from(passkeys)
      .where(eq(passkeys.userId, userId))
      .orderBy(asc(passkeys.createdAt), asc(passkeys.id)),
    sessionsOf(deps, subject).passkeyUses(),
  ])
  const byId = new Map(uses.map((use) => [use.id, use]))
  return rows
    .filter(({ id }) => byId.get(id)?.isRemoved !== true)
    .map((row) => ({ row, view: toPasskeyView(row, byId.get(row.id)) }))
}
