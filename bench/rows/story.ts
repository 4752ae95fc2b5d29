/**
 * A walk through the API that asks every endpoint once, so that each finds the state it needs. The
 * benchmark walks at growing numbers of users; test/rows.test.ts holds every step to its budget.
 */
import { account } from './account.ts'
import { credentials } from './credentials.ts'
import { passkeys } from './passkeys.ts'
import { people, somebody } from './people.ts'
import { system } from './system.ts'
import { API, type Story, walkOf } from './walk.ts'

/** Asks everything once. Throws when an answer is not a success. */
export async function tell(story: Story): Promise<void> {
  const walk = walkOf(story)
  await account(walk)
  await people(walk)
  await somebody(walk)
  await passkeys(walk)
  await system(walk)
  await credentials(walk)
  const path = `${API}/admin/users/${walk.id}`
  await walk.ask('DELETE /admin/users/{id}', { by: walk.adminToken, path })
}
