import * as z from 'zod'
import { message, says } from '../http/message'
import { route } from '../http/route'
import { retireSigningKeys } from '../user-admin/retire-signing-keys'

const retire = route(
  {
    method: 'post',
    path: '/api/v1/admin/signing-keys/retire',
    tag: 'Administration',
    summary: 'Retire every signing key and end every session',
    description:
      "For after a leak of the database and `DATA_KEYS`. A new key signs at once, and every session of every user ends, yours too: most within a minute or two. Changes of address and set-ups of a second factor that are under way end at once. A sign-in that waits for its second step ends together with its user's sessions; if the user has none, it expires by itself within minutes. `GET /api/v1/admin/stats` shows the progress under `jobs.end_sessions`.",
    access: { permission: 'admin:system' },
    body: z.strictObject({
      confirm: z
        .string()
        .regex(/^end_every_session$/)
        .meta({
          description: 'The word `end_every_session`: every user is signed out',
          example: 'end_every_session',
        }),
    }),
    answers: { 202: says('The keys are retired, and sessions are ending') },
  },
  async ({ deps, principal }) => {
    await retireSigningKeys(deps, principal)
    return message('The keys are retired, and sessions are ending', 202)
  },
)

export const keyRoutes = [retire]
