/** A clerk who may see the outbox, the calls they make, and rows for them to see. */
import { beforeAll, beforeEach } from 'vitest'
import { insertRow, rowsOf } from '../db/rows'
import { call, get, type Reply } from '../support/api'
import { makeStaffRoles } from '../support/roles'
import { type SignedInUser, staff } from '../support/users'

export const PATH = '/api/v1/admin/outbox'
export const NOW = Date.now()
export const HOUR = 3_600_000
export const DEAD = { attempts: 12, last_error: 'smtp_550', dead_at: NOW - HOUR }

/** Who holds admin:system and nothing else. */
export let clerk: SignedInUser
/** A clerk, and before each test an outbox with nothing in it. */
export function withClerk(): void {
  beforeAll(async () => {
    await makeStaffRoles()
    clerk = await staff('staff-system')
  })
  beforeEach(async () => {
    await rowsOf('DELETE FROM outbox')
    await rowsOf('DELETE FROM parked_events')
  })
}

export const list = (query = '', token = clerk.token): Promise<Reply> =>
  get(`${PATH}${query}`, { token })
export const retry = (id: string, token = clerk.token): Promise<Reply> =>
  call('POST', `${PATH}/${encodeURIComponent(id)}/retry`, undefined, { token })

export const park = (id: string, message: unknown, parked_at = NOW) =>
  insertRow('parked_events', { id, message: JSON.stringify(message), parked_at })
