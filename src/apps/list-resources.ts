/** Resources as the API shows them, always without their secrets. */
import { asc, eq, getTableColumns, type SQL, sql } from 'drizzle-orm'
import * as z from 'zod'
import { answerSchema } from '../answer-schema'
import type { Precondition } from '../commit/commit'
import type { Deps } from '../context'
import { DomainError } from '../errors'
import { resources } from '../tables/apps'
import { iso } from '../time'
import type { Resource as StoredResource, Scope } from './app-map'
import { stillValid } from './app-view'

export const Resource = answerSchema(() =>
  z
    .object({
      id: z.string().meta({
        description: 'Also the name by which the API authenticates when it introspects tokens',
      }),
      identifier: z.string(),
      name: z.string(),
      token_ttl_seconds: z.int(),
      open_to_metadata_apps: z.boolean(),
      scopes: z.array(
        z.object({
          name: z.string(),
          permission: z.string().nullable(),
          description: z.string(),
        }),
      ),
      previous_secret_until: z.iso
        .datetime()
        .nullable()
        .meta({ description: 'Both secrets are accepted until then' }),
      created_by: z.int().nullable(),
      created_at: z.iso.datetime(),
    })
    .meta({ id: 'Resource' }),
)
export type Resource = z.output<typeof Resource>

const notFound = () => new DomainError('not_found', { detail: 'API not found' })

/** Returns all resources, by name. There are few, so the list has no pages. */
export async function listResources(deps: Deps): Promise<Resource[]> {
  const rows = await readResources(deps)
  return rows.map((row) => toResource(row, deps.now))
}

/** Returns one resource, as D1 has it now. Throws `not_found`. */
export const getResource = async (deps: Deps, id: string): Promise<Resource> =>
  toResource(await findResource(deps, id), deps.now)

/** Returns the stored resource with its scopes. Throws `not_found`. */
export async function findResource(deps: Deps, id: string): Promise<StoredResource> {
  const [row] = await readResources(deps, eq(resources.id, id))
  if (!row) throw notFound()
  return row
}

/** The stored resources with their scopes, by name. */
export async function readResources(deps: Deps, where: SQL = sql`1`): Promise<StoredResource[]> {
  const rows = await deps.db
    .select({
      ...getTableColumns(resources),
      scopes: sql<string>`(SELECT json_group_array(json_object('name', name, 'permission', permission, 'description', description))
        FROM (SELECT * FROM scopes WHERE resource_id = ${resources}.id ORDER BY name))`,
    })
    .from(resources)
    .where(where)
    .orderBy(sql`name COLLATE NOCASE`, asc(resources.id))
  return rows.map((row) => ({ ...row, scopes: JSON.parse(row.scopes) as Scope[] }))
}

const toResource = (row: StoredResource, now: number): Resource => ({
  id: row.id,
  identifier: row.identifier,
  name: row.name,
  token_ttl_seconds: row.tokenTtlSeconds,
  open_to_metadata_apps: row.isOpenToMetadataApps,
  scopes: row.scopes.map(({ name, permission, description }) => ({
    name,
    permission,
    description,
  })),
  previous_secret_until: stillValid(row.previousSecretUntil, now),
  created_by: row.createdBy,
  created_at: iso(row.createdAt),
})

/** The resource exists when the batch runs. */
export const resourceIsThere = (id: string): Precondition => ({
  name: 'resource_is_there',
  holds: sql`EXISTS (SELECT 1 FROM resources WHERE id = ${id})`,
  otherwise: notFound(),
})
