import { asc, eq, getTableColumns, type SQL, sql } from 'drizzle-orm'
import type { Precondition } from '../commit/commit'
import type { Deps } from '../context'
import { DomainError } from '../errors'
import { type AppRow, apps } from '../tables/apps'
import { type App, MAX_COUNTED_USERS, toApp } from './app-view'

const notFound = () => new DomainError('not_found', { detail: 'App not found' })

/** How many users have signed in to the app, counted up to one more than the limit that is shown. */
const users = sql<number>`(SELECT count(*) FROM (SELECT 1 FROM app_grants
  WHERE app_grants.client_id = ${apps}.client_id LIMIT ${MAX_COUNTED_USERS + 1}))`

/** Returns all apps, by name. There are few, so the list has no pages. */
export const listApps = (deps: Deps): Promise<App[]> => readApps(deps, sql`1`)

/** Returns one app, as D1 has it now. Throws `not_found`. */
export async function getApp(deps: Deps, clientId: string): Promise<App> {
  const [app] = await readApps(deps, eq(apps.clientId, clientId))
  if (!app) throw notFound()
  return app
}

async function readApps(deps: Deps, where: SQL): Promise<App[]> {
  const rows = await deps.db
    .select({ ...getTableColumns(apps), users })
    .from(apps)
    .where(where)
    .orderBy(sql`name COLLATE NOCASE`, asc(apps.clientId))
  return rows.map(({ users: count, ...row }) => toApp(row, count, deps.now))
}

/** Returns the stored row of an app, disabled or not. Throws `not_found`. */
export async function findAppRow(deps: Deps, clientId: string): Promise<AppRow> {
  const [row] = await deps.db.select().from(apps).where(eq(apps.clientId, clientId))
  if (!row) throw notFound()
  return row
}

/** The app exists when the batch runs. */
export const appIsThere = (clientId: string): Precondition => ({
  name: 'app_is_there',
  holds: sql`EXISTS (SELECT 1 FROM apps WHERE client_id = ${clientId})`,
  otherwise: notFound(),
})
