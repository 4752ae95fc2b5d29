import * as z from 'zod'
import { currentPasswordField } from '../credentials/password-policy'
import { codeField } from '../factors/code-field'
import { messageAnswer, messageSchema } from '../http/message'
import { route } from '../http/route'
import { eraseOwnAccount } from '../privacy/erase-account'
import { exportAccount } from '../privacy/export-account'

const TAG = 'Privacy'

const exportRoute = route(
  {
    method: 'get',
    path: '/api/v1/users/export',
    isRecorded: true,
    tag: TAG,
    summary: 'Download all data stored about you',
    access: 'session',
    answers: {
      200: {
        description: 'A JSON document, as a download',
        schema: z.lazy(() => z.record(z.string(), z.unknown())),
        example: { exported_at: '2026-01-31T12:00:00.000Z', account: { id: 1 }, roles: ['user'] },
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
    tag: TAG,
    summary: 'Erase your account',
    description: 'Erases the account everywhere. The audit log keeps only a number as a pseudonym.',
    access: 'session',
    body: () => z.strictObject({ password: currentPasswordField, code: codeField.optional() }),
    answers: { 202: messageSchema('The account is erased') },
    problems: [
      'incorrect_password',
      { code: 'invalid_2fa_code', kind: 'malformed' },
      'last_admin',
      'too_many_attempts',
      'effect_pending',
    ],
  },
  async ({ deps, principal, body }) => {
    await eraseOwnAccount(deps, principal, { password: body.password, code: body.code })
    return messageAnswer('Your account has been deleted', 202)
  },
)

export const privacyRoutes = [exportRoute, eraseRoute]
