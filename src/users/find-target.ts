import { eq } from 'drizzle-orm'
import type { Deps } from '../context'
import { DomainError } from '../errors'
import { type AccountStatus, users } from '../tables/users'

/** The user that an admin acts on. */
export interface Target {
  readonly id: number
  readonly subject: string
  readonly email: string
  readonly emailKey: string
  readonly fullName: string
  readonly language: string
  readonly status: AccountStatus
}

/** The user with an id. Throws `not_found`, whether the user was deleted or never existed. */
export async function findTarget(deps: Deps, userId: number): Promise<Target> {
  const [found] = await deps.db
    .select({
      id: users.id,
      subject: users.subject,
      email: users.email,
      emailKey: users.emailKey,
      fullName: users.fullName,
      language: users.language,
      status: users.status,
    })
    .from(users)
    .where(eq(users.id, userId))
  if (!found) throw userNotFound()
  return found
}

export const userNotFound = () => new DomainError('not_found', { detail: 'User not found' })
