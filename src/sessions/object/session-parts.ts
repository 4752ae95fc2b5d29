import type { StoredSession } from './session-store'
import type { ListedSession, Session } from '../session-types'

/** What a request is told about its session. */
export const publicPart = ({
  sid,
  createdAt,
  expiresAt,
  isRemembered,
}: StoredSession): Session => ({
  sid,
  createdAt,
  expiresAt,
  isRemembered,
})

/** What a list of sessions shows of one. */
export const listedPart = (session: StoredSession): ListedSession => ({
  ...publicPart(session),
  lastUsedAt: session.lastUsedAt,
  ip: session.ip,
  country: session.country,
  userAgent: session.userAgent,
})
