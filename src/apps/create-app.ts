import { sql } from 'drizzle-orm'
import { commit, type Precondition } from '../commit/commit'
import type { Deps, Principal } from '../context'
import { randomId } from '../crypto/encoding'
import { invalidFields } from '../errors'
import { hasPermissionNow } from '../rbac/conditions'
import { type Proof, reauthenticate } from '../step-up/reauthenticate'
import { apps, FIRST_PARTY_SECTOR } from '../tables/apps'
import { completed, type NewApp } from './app-fields'
import { forgetAppMap } from './app-map'
import { appIssues } from './app-rules'
import { newSector } from './app-subject'
import { toColumns } from './app-view'
import { newClientId, newSecret } from './client-secret'
import { mayDefine, readKnown } from './known'

const MAX_APPS = 200

/**
 * Registers an app. Its secret is returned here and never again; null if it has none. Asks who is acting,
 * because an app outlives the session that made it. Throws `validation_failed`, `limit_reached`, `forbidden`,
 * `changed_meanwhile` if a resource was deleted meanwhile, and what reauthenticate throws.
 */
export async function createApp(
  deps: Deps,
  actor: Principal,
  given: NewApp,
  proof: Proof,
): Promise<{ clientId: string; secret: string | null }> {
  const app = completed(given)
  const known = await readKnown(deps)
  const issues = appIssues(deps.config, app, known)
  if (issues.length > 0) throw invalidFields(issues)
  const { unchanged } = await reauthenticate(deps, actor, proof)
  const clientId = newClientId()
  const made = app.auth_method.startsWith('client_secret') ? await newSecret() : null
  // Each third party gets its own sector, so that two of them cannot compare their users.
  const sectorId = app.first_party ? FIRST_PARTY_SECTOR : randomId()
  await commit(deps, {
    preconditions: [
      hasPermissionNow(actor, 'admin:system'),
      unchanged,
      roomForAnApp,
      ...mayDefine(actor, app, known),
    ],
    change: [
      await newSector(deps, sectorId),
      deps.db.insert(apps).values({
        ...toColumns(app),
        clientId,
        kind: app.kind,
        isFirstParty: app.first_party,
        secretHash: made?.hash ?? null,
        sectorId,
        disabledAt: app.enabled ? null : deps.now,
        createdBy: actor.userId,
        createdAt: deps.now,
        updatedAt: deps.now,
      }),
    ],
    audit: [
      {
        event: 'app.created',
        actor: actor.userId,
        target: null,
        data: { client_id: clientId, kind: app.kind },
      },
    ],
  })
  forgetAppMap(deps)
  return { clientId, secret: made?.secret ?? null }
}

const roomForAnApp: Precondition = {
  name: 'room_for_an_app',
  holds: sql`(SELECT count(*) FROM apps WHERE source = 'admin') < ${MAX_APPS}`,
  otherwise: 'limit_reached',
}
