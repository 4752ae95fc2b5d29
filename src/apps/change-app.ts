import { and, eq, sql } from 'drizzle-orm'
import { commit, type Precondition } from '../commit/commit'
import type { Actor, Deps } from '../context'
import { type FieldIssue, invalidFields } from '../errors'
import { hasPermissionNow } from '../rbac/conditions'
import { type Proof, reauthenticate } from '../step-up/reauthenticate'
import { type AppRow, apps } from '../tables/apps'
import type { AppChange, AppDefinition } from './app-fields'
import { forgetAppMap } from './app-map'
import { appIssues, issuesOf } from './app-rules'
import { toColumns, toDefinition } from './app-view'
import { mayDefine, holdsRequiredPermission, readKnown } from './known'
import { appIsThere, findAppRow } from './list-apps'

/** These decide neither who gets codes and tokens, nor what tokens are for. */
const HARMLESS: ReadonlySet<string> = new Set(['name', 'logo_uri', 'policy_uri', 'tos_uri'])
/** The fields that are not in a client id metadata document. */
const OF_ADMINS: ReadonlySet<string> = new Set([
  'enabled',
  'required_permission',
  'scopes',
  'resources',
])

/**
 * Changes the given fields that differ from the stored ones. All but names, pictures, links and disabling ask who is
 * acting, because they decide where codes and tokens go. A disabled app and its tokens are refused everywhere within
 * five seconds.
 * Throws `not_found`, `validation_failed`, `forbidden`, `changed_meanwhile`, and what reauthenticate throws.
 */
export async function changeApp(
  deps: Deps,
  actor: Actor,
  clientId: string,
  change: AppChange,
  proof: Proof,
): Promise<void> {
  const row = await findAppRow(deps, clientId)
  const app = merged(row, change)
  const fields = changedFields(row, change)
  if (fields.length === 0) return
  const known = await readKnown(deps)
  const issues = [
    ...issuesOf(appIssues(deps.config, app, known), fields),
    ...metadataIssues(row, fields),
  ]
  if (issues.length > 0) throw invalidFields(issues)
  const isSensitive = fields.some(
    (name) => !HARMLESS.has(name) && !(name === 'enabled' && !app.enabled),
  )
  const proved = isSensitive ? await reauthenticate(deps, actor, proof) : undefined
  await commit(deps, {
    preconditions: [
      appIsThere(clientId),
      hasPermissionNow(actor, 'admin:system'),
      ...(proved
        ? [
            proved.unchanged,
            isUnchanged(row),
            holdsRequiredPermission(actor, row.requiredPermission),
            ...mayDefine(actor, app, known),
          ]
        : []),
    ],
    change: [
      deps.db
        .update(apps)
        .set({
          ...(isSensitive ? toColumns(app) : harmless(change)),
          ...enabling(deps, change.enabled),
          // Secrets are of no use to an app that signs, and could be used instead of its key.
          ...(app.auth_method === 'private_key_jwt' && NO_SECRETS),
          updatedAt: sql`max(updated_at + 1, ${deps.now})`,
        })
        .where(eq(apps.clientId, clientId)),
    ],
    audit: [
      {
        event: 'app.changed',
        actor: actor.userId,
        target: null,
        data: { client_id: clientId, fields },
      },
    ],
  })
  forgetAppMap(deps)
}

/** Forms post every field, so those with an unchanged value do not count. */
function changedFields(row: AppRow, change: AppChange): string[] {
  const before: Readonly<Record<string, unknown>> = { ...toDefinition(row) }
  return Object.entries(change).flatMap(([name, value]) =>
    value === undefined || JSON.stringify(value) === JSON.stringify(before[name]) ? [] : name,
  )
}

const NO_SECRETS = { secretHash: null, previousSecretHash: null, previousSecretUntil: null }

function merged(row: AppRow, change: AppChange): AppDefinition {
  const app: AppDefinition = { ...toDefinition(row), ...withoutUndefined(change) }
  const isKeyless = change.auth_method !== undefined && change.auth_method !== 'private_key_jwt'
  return isKeyless && change.jwks === undefined ? { ...app, jwks: null } : app
}

const withoutUndefined = <T extends object>(fields: T) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [F in keyof T]: Exclude<T[F], undefined>
  }

/** The columns that need no proof. The others are not written, since `isUnchanged` was not checked. */
const harmless = ({ name, logo_uri, policy_uri, tos_uri }: AppChange) => ({
  ...(name !== undefined && { name }),
  ...(logo_uri !== undefined && { logoUri: logo_uri }),
  ...(policy_uri !== undefined && { policyUri: policy_uri }),
  ...(tos_uri !== undefined && { tosUri: tos_uri }),
})

/** An app that is already disabled keeps its time. */
function enabling({ now }: Deps, enabled: boolean | undefined) {
  if (enabled === undefined) return {}
  return { disabledAt: enabled ? null : sql`coalesce(disabled_at, ${now})` }
}

/** Fields were checked together with those that were read, so these must still be the same. */
const isUnchanged = ({ clientId, updatedAt }: AppRow): Precondition => ({
  name: 'app_is_the_one_read',
  holds: sql`EXISTS (SELECT 1 FROM ${apps} WHERE ${and(eq(apps.clientId, clientId), eq(apps.updatedAt, updatedAt))})`,
  otherwise: 'changed_meanwhile',
})

const metadataIssues = ({ source }: AppRow, fields: readonly string[]): FieldIssue[] =>
  source === 'admin'
    ? []
    : fields
        .filter((name) => !OF_ADMINS.has(name))
        .map((path) => ({
          path,
          code: 'set_by_metadata',
          message: "This comes from the app's own metadata document",
        }))
