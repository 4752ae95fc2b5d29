/**
 * Creates, changes and deletes resources, which needs `admin:system`. The actor must hold
 * the permissions that scopes name: otherwise a change of a scope could give an app what its admin may not give.
 */
import { eq, type SQL, sql } from 'drizzle-orm'
import { commit, type Precondition } from '../commit/commit'
import type { Actor, Deps, Principal } from '../context'
import { isUniqueViolation } from '../db/faults'
import { DomainError, type FieldIssue, invalidFields } from '../errors'
import { hasPermissionNow, mayGrantPermissions } from '../rbac/conditions'
import { type Proof, reauthenticate } from '../step-up/reauthenticate'
import { resources } from '../tables/apps'
import { permissions } from '../tables/rbac'
import { forgetAppMap } from './app-map'
import { newClientId, newSecret } from './client-secret'
import { permissionsOf } from './known'
import { findResource, resourceIsThere } from './list-resources'
import {
  identifierIssues,
  type NewResource,
  type ResourceChange,
  type ScopeFields,
  scopePermissionIssues,
} from './resource-fields'

const MAX_RESOURCES = 100

/**
 * Registers a resource. The secret by which its server introspects tokens is returned here and never again.
 * Throws `validation_failed`, `name_taken` for the identifier, `limit_reached`, `forbidden`, and what
 * reauthenticate throws.
 */
export async function createResource(
  deps: Deps,
  actor: Principal,
  given: NewResource,
  proof: Proof,
): Promise<{ id: string; secret: string }> {
  const { identifier, name, token_ttl_seconds: tokenTtlSeconds, scopes } = given
  refuse(identifierIssues(deps.config, identifier), await unknownIn(deps, scopes))
  const { unchanged } = await reauthenticate(deps, actor, proof)
  const id = newClientId()
  const { secret, hash } = await newSecret()
  try {
    await commit(deps, {
      preconditions: [
        hasPermissionNow(actor, 'admin:system'),
        unchanged,
        roomForAResource,
        noAppIsNamed(identifier),
        mayGrantPermissions(actor, permissionsOf(scopes)),
      ],
      change: [
        deps.db.insert(resources).values({
          id,
          identifier,
          name,
          tokenTtlSeconds,
          isOpenToMetadataApps: given.open_to_metadata_apps,
          secretHash: hash,
          createdBy: actor.userId,
          createdAt: deps.now,
        }),
        putScopes(id, scopes),
      ],
      audit: [
        { event: 'resource.created', actor: actor.userId, target: null, data: { identifier } },
      ],
    })
  } catch (error) {
    if (isUniqueViolation(error, 'resources.identifier')) throw new DomainError('name_taken')
    throw error
  }
  forgetAppMap(deps)
  return { id, secret }
}

/**
 * Changes the given fields; `scopes` replaces all scopes. All but the name ask who is acting. Tokens that
 * were issued keep their scopes only as far as these are still there. Throws `not_found`, `validation_failed`,
 * `forbidden`, and what reauthenticate throws.
 */
export async function changeResource(
  deps: Deps,
  actor: Actor,
  id: string,
  change: ResourceChange,
  proof: Proof,
): Promise<void> {
  const { name, token_ttl_seconds: tokenTtlSeconds, scopes, open_to_metadata_apps: isOpen } = change
  const fields = Object.entries({
    name,
    token_ttl_seconds: tokenTtlSeconds,
    scopes,
    open_to_metadata_apps: isOpen,
  }).flatMap(([field, value]) => (value === undefined ? [] : field))
  if (fields.length === 0) return
  if (scopes) refuse(await unknownIn(deps, scopes))
  const before = await findResource(deps, id)
  const isSensitive = fields.some((field) => field !== 'name')
  const proved = isSensitive ? await reauthenticate(deps, actor, proof) : undefined
  // When a resource is opened to unregistered apps, more apps get its scopes than before.
  const given = scopes || isOpen === true ? [...before.scopes, ...(scopes ?? [])] : []
  const needed = permissionsOf(given)
  await commit(deps, {
    preconditions: [
      resourceIsThere(id),
      hasPermissionNow(actor, 'admin:system'),
      ...(proved ? [proved.unchanged] : []),
      mayGrantPermissions(actor, needed),
    ],
    change: [
      deps.db
        .update(resources)
        .set({
          name: name ?? sql`name`,
          ...(tokenTtlSeconds !== undefined && { tokenTtlSeconds }),
          ...(isOpen !== undefined && { isOpenToMetadataApps: isOpen }),
        })
        .where(eq(resources.id, id)),
      ...(scopes ? [sql`DELETE FROM scopes WHERE resource_id = ${id}`, putScopes(id, scopes)] : []),
    ],
    audit: [
      {
        event: 'resource.changed',
        actor: actor.userId,
        target: null,
        data: { identifier: before.identifier, fields },
      },
    ],
  })
  forgetAppMap(deps)
}

/**
 * Deletes a resource with its scopes. Its tokens are refused everywhere within five seconds. Throws
 * `not_found`, `forbidden`, and `in_use` while an app may ask for it.
 */
export async function deleteResource(deps: Deps, actor: Actor, id: string): Promise<void> {
  const { identifier, scopes } = await findResource(deps, id)
  await commit(deps, {
    preconditions: [
      resourceIsThere(id),
      hasPermissionNow(actor, 'admin:system'),
      {
        name: 'no_app_uses_it',
        holds: sql`NOT EXISTS (SELECT 1 FROM apps, json_each(apps.resources) AS named WHERE named.value = ${identifier})`,
        otherwise: 'in_use',
      },
      // An actor who may not grant its scopes must not put another resource of that name in its place.
      mayGrantPermissions(actor, permissionsOf(scopes)),
    ],
    change: [deps.db.delete(resources).where(eq(resources.id, id))],
    audit: [{ event: 'resource.deleted', actor: actor.userId, target: null, data: { identifier } }],
  })
  forgetAppMap(deps)
}

const roomForAResource: Precondition = {
  name: 'room_for_a_resource',
  holds: sql`(SELECT count(*) FROM resources) < ${MAX_RESOURCES}`,
  otherwise: 'limit_reached',
}

/** Tokens that an app gets for itself have its client id as audience, which may be a URL too. */
const noAppIsNamed = (identifier: string): Precondition => ({
  name: 'no_app_has_the_name',
  holds: sql`NOT EXISTS (SELECT 1 FROM apps WHERE client_id = ${identifier})`,
  otherwise: 'name_taken',
})

const putScopes = (id: string, scopes: readonly ScopeFields[]): SQL => sql`
  INSERT INTO scopes (resource_id, name, permission, description)
  SELECT ${id}, value ->> 'name', value ->> 'permission', value ->> 'description'
  FROM json_each(${JSON.stringify(scopes)})`

async function unknownIn(deps: Deps, scopes: readonly ScopeFields[]): Promise<FieldIssue[]> {
  const rows = await deps.db.select({ name: permissions.name }).from(permissions)
  return scopePermissionIssues(scopes, new Set(rows.map(({ name }) => name)))
}

function refuse(...issues: FieldIssue[][]): void {
  const all = issues.flat()
  if (all.length > 0) throw invalidFields(all)
}
