/**
 * Apps, resources and sectors, in isolate memory for at most five seconds, as roles are. That is how long it
 * takes until a change of an app reaches every isolate: a disabled app, a rotated secret.
 */
import type { Deps } from '../context'
import { isolateMemory } from '../db/isolate-memory'
import { apps, type AppRow, resources, type ResourceRow, scopes, sectors } from '../tables/apps'

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

const memory = isolateMemory(load)

/** The apps, at most five seconds old. */
export const appMap = memory.read

/** Makes this isolate load the apps again; others follow within five seconds. */
export const forgetAppMap = memory.forget

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
