/** The APIs and permissions that definitions of apps and resources name, as D1 has them now and when their batch runs. */
import { sql } from 'drizzle-orm'
import type { Precondition } from '../commit/commit'
import type { Actor, Deps } from '../context'
import { mayGrantPermissions } from '../rbac/conditions'
import { permissions } from '../tables/rbac'
import type { AppDefinition } from './app-fields'
import { type Known, resourceScopes } from './app-rules'
import { readResources } from './list-resources'

export async function readKnown(deps: Deps): Promise<Known> {
  const [resources, rows] = await Promise.all([
    readResources(deps),
    deps.db.select({ name: permissions.name }).from(permissions),
  ])
  return {
    resources: new Map(resources.map((each) => [each.identifier, each])),
    permissions: new Set(rows.map(({ name }) => name)),
  }
}

/**
 * Preconditions: the resources of the app are still there, and the actor holds every permission that its scopes
 * need. Otherwise an admin with few permissions could register an app to get the tokens of an admin with many, or a
 * machine with permissions that they lack.
 */
export const mayDefine = (
  actor: Actor,
  app: Pick<AppDefinition, 'scopes' | 'resources'>,
  known: Known,
): Precondition[] => [
  {
    name: 'resources_are_there',
    holds: sql`NOT EXISTS (SELECT 1 FROM json_each(${JSON.stringify(app.resources)}) AS named
      WHERE named.value NOT IN (SELECT identifier FROM resources))`,
    otherwise: 'changed_meanwhile',
  },
  mayGrantPermissions(actor, permissionsOf(resourceScopes(app, known))),
]

/**
 * Precondition: the actor holds the permission that the app requires of its users. An actor without it could otherwise
 * remove the requirement, or redirect the codes of users who hold it.
 */
export const holdsRequiredPermission = (
  actor: Actor,
  requiredPermission: string | null,
): Precondition =>
  mayGrantPermissions(actor, requiredPermission === null ? [] : [requiredPermission])

/** The permissions that scopes need. */
export const permissionsOf = (of: readonly { readonly permission: string | null }[]): string[] =>
  [...new Set(of.flatMap(({ permission }) => permission ?? []))].sort()
