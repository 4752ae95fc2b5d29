/**
 * Lists an app with a metadata document for admins, once a user has consented to it: so that they see it and can
 * disable it. The row gives the app nothing. What counts is the document and the consent in the user's object.
 */
import { sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { runBatch } from '../db/batch'
import { errorName, log } from '../log'
import { type AppRow, apps, METADATA_SECTOR } from '../tables/apps'
import { appMap, forgetAppMap } from './app-map'
import { newSector } from './app-subject'

/** All apps are in the memory of each isolate. Beyond these, those with the fewest users leave the list. */
const MAX_LISTED = 500
/** More are not counted. One user, who can consent to any number of apps, must not push out those of others. */
const COUNTED_USERS = 10

const LISTED = [
  'name',
  'kind',
  'authMethod',
  'jwks',
  'redirectUris',
  'postLogoutRedirectUris',
  'idTokenAlg',
  'logoUri',
  'policyUri',
  'tosUri',
] as const satisfies (keyof AppRow)[]

/** Call it after the response. If it fails, the next consent tries it again. */
export async function recordMetadataApp(deps: Deps, app: AppRow): Promise<void> {
  if (app.source !== 'metadata') return
  try {
    const known = (await appMap(deps)).apps.get(app.clientId)
    if (known && LISTED.every((name) => isSame(known[name], app[name]))) return
    await runBatch(deps, [await newSector(deps, METADATA_SECTOR), makeRoom(), listed(deps, app)])
    forgetAppMap(deps)
  } catch (error) {
    log.warn('metadata_app_not_listed', deps, { error: errorName(error) })
  }
}

const isSame = (one: unknown, other: unknown): boolean =>
  JSON.stringify(one) === JSON.stringify(other)

/** Apps that an admin has changed stay. */
const makeRoom = () => sql`
  DELETE FROM ${apps} WHERE client_id IN (
    SELECT client_id FROM ${apps}
    WHERE source = 'metadata' AND disabled_at IS NULL AND required_permission IS NULL
      AND scopes = '[]' AND resources = '[]'
    ORDER BY (SELECT count(*) FROM (SELECT 1 FROM app_grants WHERE app_grants.client_id = ${apps}.client_id
      LIMIT ${COUNTED_USERS})) DESC, updated_at DESC LIMIT -1 OFFSET ${MAX_LISTED - 1})`

function listed({ db, now }: Deps, app: AppRow) {
  const listed = Object.fromEntries(LISTED.map((name) => [name, app[name]]))
  return (
    db
      .insert(apps)
      // Only an admin adds scopes and resources to the row.
      .values({ ...app, scopes: [], resources: [], createdAt: now, updatedAt: now })
      .onConflictDoUpdate({
        target: apps.clientId,
        set: { ...listed, updatedAt: now },
        setWhere: sql`source = 'metadata'`,
      })
  )
}
