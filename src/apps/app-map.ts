/**
 * Apps, resources and sectors, in isolate memory for at most five seconds, as roles are. That is how long it
 * takes until a change of an app reaches every isolate: a disabled app, a rotated secret.
 */
import type { Deps } from '../context'
import { apps, type AppRow, resources, type ResourceRow, scopes, sectors } from '../tables/apps'

const MAX_AGE_MS = 5_000
/** From this age on, one request reloads the map after its response, so that none waits under load. */
const RENEW_AFTER_MS = 4_000

export interface Scope {
  readonly name: string
  /** Without this permission the scope is not in force; null: none is needed. */
  readonly permission: string | null
  readonly description: string
}

export interface Resource extends ResourceRow {
  readonly scopes: readonly Scope[]
}

export interface AppMap {
  /** By client id. Disabled apps too. */
  readonly apps: ReadonlyMap<string, AppRow>
  readonly resourcesById: ReadonlyMap<string, Resource>
  readonly resourcesByIdentifier: ReadonlyMap<string, Resource>
  /** The encrypted salt of each sector. */
  readonly salts: ReadonlyMap<string, string>
}

interface Loaded {
  readonly at: number
  readonly map: AppMap
  isBeingRenewed: boolean
}
// Caches the value and not the promise: an unfinished read of one request must not hold up another.
const cache = new WeakMap<Env, Loaded>()

/** The apps, at most five seconds old. */
export async function appMap(deps: Deps): Promise<AppMap> {
  const known = cache.get(deps.env)
  // If the clock is set back (a restore), an old map must not stay valid.
  const age = known ? Math.abs(deps.now - known.at) : Number.POSITIVE_INFINITY
  if (!known || age >= MAX_AGE_MS) return renew(deps)
  if (age >= RENEW_AFTER_MS && !known.isBeingRenewed) {
    known.isBeingRenewed = true
    // If it fails, the next request that needs the map loads it.
    deps.waitUntil(renew(deps).catch(() => undefined))
  }
  return known.map
}

/** Makes this isolate load the apps again; others follow within five seconds. */
export const forgetAppMap = (deps: Deps): boolean => cache.delete(deps.env)

async function renew(deps: Deps): Promise<AppMap> {
  const map = await load(deps)
  cache.set(deps.env, { at: deps.now, map, isBeingRenewed: false })
  return map
}

async function load(deps: Deps): Promise<AppMap> {
  const [appRows, resourceRows, scopeRows, sectorRows] = await deps.db.batch([
    deps.db.select().from(apps),
    deps.db.select().from(resources),
    deps.db.select().from(scopes),
    deps.db.select().from(sectors),
  ])
  const scopesOf = Map.groupBy(scopeRows, (scope) => scope.resourceId)
  const all = resourceRows.map((row) => ({ ...row, scopes: scopesOf.get(row.id) ?? [] }))
  return {
    apps: new Map(appRows.map((row) => [row.clientId, row])),
    resourcesById: new Map(all.map((row) => [row.id, row])),
    resourcesByIdentifier: new Map(all.map((row) => [row.identifier, row])),
    salts: new Map(sectorRows.map(({ id, salt }) => [id, salt])),
  }
}
