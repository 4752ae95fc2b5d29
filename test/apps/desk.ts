/** A clerk who may manage apps, and what they ask. */
import { env } from 'cloudflare:workers'
import { beforeAll, beforeEach } from 'vitest'
import { forgetAppMap } from '../../src/apps/app-map'
import { rowsOf } from '../db/rows'
import type { Reply } from '../support/api'
import { depsFor } from '../support/deps'
import { makeRole, makeStaffRoles } from '../support/roles'
import { type SignedInUser, staff } from '../support/users'

export let root: SignedInUser
/** Holds admin:system and nothing else. */
export let clerk: SignedInUser

export const CALLBACK = 'https://orders.example.org/callback'
export const WEB = {
  name: 'Orders',
  kind: 'web',
  first_party: true,
  redirect_uris: [CALLBACK],
} as const
export const IDENTIFIER = 'https://api.example.org/orders'
export const API = { identifier: IDENTIFIER, name: 'Orders API' } as const

export function withClerk(): void {
  beforeAll(async () => {
    await makeStaffRoles()
    await makeRole('staff-writer', 'admin:system', 'write:all')
  })
  // Signed in again, so that their proof is fresh.
  beforeEach(async () => {
    clerk = await staff('staff-system')
    root = await staff('admin')
    await clearApps()
  })
}

async function clearApps(): Promise<void> {
  for (const table of ['app_grants', 'apps', 'sectors', 'resources']) {
    await rowsOf(`DELETE FROM ${table}`)
  }
  forgetAppMap(depsFor())
}

export const onApps = (
  method: string,
  path = '',
  body?: object,
  by: Pick<SignedInUser, 'asks'> = root,
): Promise<Reply> => by.asks(method, `/admin/apps${path}`, body)

export const onResources = (
  method: string,
  path = '',
  body?: object,
  by: Pick<SignedInUser, 'asks'> = root,
): Promise<Reply> => by.asks(method, `/admin/resources${path}`, body)

export const eventsOf = (pattern: string) =>
  env.DB.prepare('SELECT event, data, actor_id FROM audit_log WHERE event GLOB ? ORDER BY id')
    .bind(pattern)
    .all<{ event: string; data: string; actor_id: number }>()
    .then(({ results }) => results.map((row) => ({ ...row, data: JSON.parse(row.data) })))

export const issuesOf = ({ body }: Reply): string[] =>
  (body.errors ?? []).map(({ path, code }: { path: string; code: string }) => `${path} ${code}`)
