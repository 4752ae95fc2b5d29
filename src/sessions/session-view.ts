/** Sessions as the API shows them to their user and to admins. */
import * as z from 'zod'
import { answerSchema } from '../answer-schema'
import type { LiveSession } from '../context'
import type { Amr } from '../events'
import { iso } from '../time'
import type { ListedSession } from './session-types'
import { strengthOf } from './strength'

const instant = () => z.iso.datetime()

const AMR = [
  'pwd',
  'otp',
  'rc',
  'hwk',
  'swk',
  'fed',
  'mail',
  'mfa',
] as const satisfies readonly Amr[]

/** How a session was opened, and what has proved it since. */
export const strengthFields = () => ({
  amr: z.array(z.enum(AMR)).meta({
    description:
      'How the user authenticated (RFC 8176): `pwd` password, `otp` code, `rc` recovery code, `hwk` passkey that cannot leave its device, `swk` other passkey, `fed` other provider, `mail` email, `mfa` two factors. A later proof adds to it',
    example: ['pwd', 'otp', 'mfa'],
  }),
  auth_time: instant().meta({ description: 'When the user signed in' }),
  proved_at: instant()
    .nullable()
    .meta({ description: 'When the user last proved who they are, at sign-in or later' }),
  strength: z
    .union([z.literal(1), z.literal(2)])
    .meta({ description: 'The number of factors: 2 if `amr` has `mfa`', example: 2 }),
})

export const strengthView = ({ amr, authTime, provedAt }: LiveSession) => ({
  amr: [...amr],
  auth_time: iso(authTime),
  proved_at: provedAt > 0 ? iso(provedAt) : null,
  strength: strengthOf({ amr }),
})

export const SessionList = answerSchema(() =>
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
        ...strengthFields(),
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
    ...strengthView(session),
  }))
