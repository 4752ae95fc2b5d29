import * as z from 'zod'
import { messageAnswer, messageSchema } from '../http/message'
import { route } from '../http/route'
import { retireSigningKeys } from '../user-admin/retire-signing-keys'
import { SYSTEM } from './system'

const retire = route(
  {
    method: 'post',
    path: '/api/v1/admin/signing-keys/retire',
    access: SYSTEM,
    body: () =>
      z.strictObject({
        confirm: z
          .string()
          .regex(/^end_every_session$/)
          .meta({
            description: 'Must be `end_every_session`, to confirm that every user is signed out',
            example: 'end_every_session',
          }),
      }),
    docs: __DOCS__ && {
      tag: 'Administration',
      summary: 'Retire all signing keys and revoke all sessions',
      description:
        "Use this after a leak of the database and `DATA_KEYS`. A new key signs immediately. Every session of every user is revoked, including yours, most of them within a minute or two. Changes of address and setups of a second factor that are in progress are cancelled immediately. A sign-in that waits for the second step is cancelled together with the user's sessions. If the user has no sessions, it expires within minutes. `GET /api/v1/admin/stats` shows the progress under `jobs.end_sessions`.",
      answers: { 202: messageSchema('The keys are retired, and the sessions are being revoked') },
    },
  },
  async ({ deps, principal }) => {
    await retireSigningKeys(deps, principal)
    return messageAnswer('The keys are retired, and the sessions are being revoked', 202)
  },
)

export const keyRoutes = [retire]
