import * as z from 'zod'
import { messageAnswer, messageSchema } from '../http/message'
import { route } from '../http/route'
import { eraseOwnAccount } from '../privacy/erase-account'
import { exportAccount } from '../privacy/export-account'
import { STEP_UP_PROBLEMS, stepUpFields } from '../step-up/fields'

const TAG = 'Privacy'

const exportRoute = route(
  {
    method: 'get',
    path: '/api/v1/users/export',
    isRecorded: true,
    access: 'session',
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Download all data stored about you',
      answers: {
        200: {
          description: 'A JSON document, as a download',
          schema: z.lazy(() => z.record(z.string(), z.unknown())),
          example: { exported_at: '2026-01-31T12:00:00.000Z', account: { id: 1 }, roles: ['user'] },
        },
      },
    },
  },
  async ({ deps, principal }) =>
    new Response(await exportAccount(deps, principal), {
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'content-disposition': 'attachment; filename="account.json"',
        'cache-control': 'no-store',
      },
    }),
)

const eraseRoute = route(
  {
    method: 'delete',
    path: '/api/v1/users/account',
    access: 'session',
    body: () => z.strictObject(stepUpFields),
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Erase your account',
      description:
        'Erases the account everywhere. The audit log keeps only a number as a pseudonym.',
      example: { password: 'Correct-Horse-7' },
      answers: { 202: messageSchema('The account is erased') },
      problems: ['last_admin', 'effect_pending', ...STEP_UP_PROBLEMS],
    },
  },
  async ({ deps, principal, body }) => {
    await eraseOwnAccount(deps, principal, body)
    return messageAnswer('Your account has been deleted', 202)
  },
)

export const privacyRoutes = [exportRoute, eraseRoute]
