/** Sessions as the API shows them to their user and to admins. */
import * as z from 'zod'
import { iso } from '../time'
import type { ListedSession } from './session-types'

const instant = () => z.iso.datetime()

export const SessionList = z.lazy(() =>
  z.object({
    items: z.array(
      z.object({
        id: z.string(),
        current: z.boolean(),
        created_at: instant(),
        last_used_at: instant(),
        expires_at: instant(),
        ip: z.string().nullable(),
        country: z.string().nullable(),
        user_agent: z.string().nullable(),
        remember_me: z.boolean(),
      }),
    ),
  }),
)
export type SessionView = z.output<typeof SessionList>['items'][number]

/** `currentSid` is the caller's session; null when the sessions are another user's. */
export const toSessionViews = (
  sessions: readonly ListedSession[],
  currentSid: string | null,
): SessionView[] =>
  sessions.map((session) => ({
    id: session.sid,
    current: session.sid === currentSid,
    created_at: iso(session.createdAt),
    last_used_at: iso(session.lastUsedAt),
    expires_at: iso(session.expiresAt),
    ip: session.ip,
    country: session.country,
    user_agent: session.userAgent,
    remember_me: session.isRemembered,
  }))
