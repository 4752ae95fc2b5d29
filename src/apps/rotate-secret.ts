/**
 * Replaces the secret of an app or of a resource. For 24 hours the old one is accepted too, so that servers can
 * be given the new one without a gap; a secret that was replaced before that is dropped at once. Asks who is
 * acting, because the secret opens what the app or the resource may see.
 */
import { eq, type SQL, sql } from 'drizzle-orm'
import { commit, type Precondition } from '../commit/commit'
import type { Deps, Principal } from '../context'
import { DomainError } from '../errors'
import { hasPermissionNow, mayGrantPermissions } from '../rbac/conditions'
import { type Proof, reauthenticate } from '../step-up/reauthenticate'
import { apps, resources } from '../tables/apps'
import { forgetAppMap } from './app-map'
import { toDefinition } from './app-view'
import { newSecret, OVERLAP_MS } from './client-secret'
import { mayDefine, holdsRequiredPermission, permissionsOf, readKnown } from './known'
import { appIsThere, findAppRow } from './list-apps'
import { findResource, resourceIsThere } from './list-resources'

export interface Rotation {
  readonly proof: Proof
  /** Whether the old secret is accepted for another 24 hours; false after a leak. */
  readonly keepsPrevious: boolean
}
export interface Rotated {
  readonly secret: string
  readonly previousUntil: number | null
}

/**
 * Gives an app a new secret, which is never shown again. Of two concurrent rotations one is refused. Throws
 * `not_found`, `no_secret`, `changed_meanwhile`, `forbidden`, and what reauthenticate throws.
 */
export async function rotateAppSecret(
  deps: Deps,
  actor: Principal,
  clientId: string,
  { proof, keepsPrevious }: Rotation,
): Promise<Rotated> {
  const row = await findAppRow(deps, clientId)
  if (!row.authMethod.startsWith('client_secret')) throw new DomainError('no_secret')
  const known = await readKnown(deps)
  const { unchanged } = await reauthenticate(deps, actor, proof)
  const { columns, ...rotated } = await replaced(deps, row.secretHash, keepsPrevious)
  await commit(deps, {
    preconditions: [
      appIsThere(clientId),
      hasPermissionNow(actor, 'admin:system'),
      unchanged,
      isUnchanged(sql`SELECT secret_hash FROM apps WHERE client_id = ${clientId}`, row.secretHash),
      holdsRequiredPermission(actor, row.requiredPermission),
      ...mayDefine(actor, toDefinition(row), known),
    ],
    change: [deps.db.update(apps).set(columns).where(eq(apps.clientId, clientId))],
    audit: [
      {
        event: 'app.secret_rotated',
        actor: actor.userId,
        target: null,
        data: { client_id: clientId },
      },
    ],
  })
  forgetAppMap(deps)
  return rotated
}

/** The same for a resource. Throws what rotateAppSecret throws, except `no_secret`. */
export async function rotateResourceSecret(
  deps: Deps,
  actor: Principal,
  id: string,
  { proof, keepsPrevious }: Rotation,
): Promise<Rotated> {
  const row = await findResource(deps, id)
  const { unchanged } = await reauthenticate(deps, actor, proof)
  const { columns, ...rotated } = await replaced(deps, row.secretHash, keepsPrevious)
  await commit(deps, {
    preconditions: [
      resourceIsThere(id),
      hasPermissionNow(actor, 'admin:system'),
      unchanged,
      isUnchanged(sql`SELECT secret_hash FROM resources WHERE id = ${id}`, row.secretHash),
      mayGrantPermissions(actor, permissionsOf(row.scopes)),
    ],
    change: [deps.db.update(resources).set(columns).where(eq(resources.id, id))],
    audit: [
      {
        event: 'resource.secret_rotated',
        actor: actor.userId,
        target: null,
        data: { identifier: row.identifier },
      },
    ],
  })
  forgetAppMap(deps)
  return rotated
}

async function replaced({ now }: Deps, old: string | null, keepsPrevious: boolean) {
  const { secret, hash } = await newSecret()
  const previousUntil = old !== null && keepsPrevious ? now + OVERLAP_MS : null
  const columns = {
    secretHash: hash,
    previousSecretHash: previousUntil === null ? null : old,
    previousSecretUntil: previousUntil,
  }
  return { secret, previousUntil, columns }
}

const isUnchanged = (stored: SQL, hash: string | null): Precondition => ({
  name: 'secret_is_the_one_read',
  holds: sql`(${stored}) IS ${hash}`,
  otherwise: 'changed_meanwhile',
})
