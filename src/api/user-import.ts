import * as z from 'zod'
import { answerSchema } from '../answer-schema'
import { readText } from '../http/body'
import { route } from '../http/route'
import { MAX_CHUNK_BYTES } from '../user-admin/import-lines'
import { SKIP_CODES } from '../user-admin/import-outcome'
import { importUsers } from '../user-admin/import-users'
import { SYSTEM } from './system'

const NDJSON = 'application/x-ndjson'

const ImportReport = answerSchema(() =>
  z
    .object({
      imported: z.int(),
      skipped: z.int(),
      skipped_lines: z.array(
        z.object({
          line: z.int(),
          email: z.string(),
          code: z.enum(SKIP_CODES),
          message: z.string(),
        }),
      ),
      errors: z.array(
        z.object({ line: z.int(), code: z.string(), path: z.string(), message: z.string() }),
      ),
    })
    .meta({ id: 'ImportReport' }),
)

const importRoute = route(
  {
    method: 'post',
    path: '/api/v1/admin/import',
    access: SYSTEM,
    rawBody: NDJSON,
    docs: __DOCS__ && {
      tag: 'Administration',
      summary: 'Import a chunk of users',
      description:
        'Accepts NDJSON with at most 1,000 lines and 1 MiB. A line whose address already has an account is skipped and reported, so a chunk can be sent again. An unverified registration with the address is taken over: its password, factors, profile and links become void. Password hashes of other systems are replaced at the first sign-in. Two kinds of hashes stay until the password is changed: bcrypt hashes of passwords of 72 bytes or more, and hashes of passwords that the other system transformed before hashing. If an API key sends a line with a role other than `user`, the line is refused (`not_by_key`) if it also has `hashed_password` or `email_verified`. Send lines with `hash_not_checked` again. To give roles, a session must have proved recently who is acting.',
      example: '{"email":"ada@example.com","full_name":"Ada Lovelace"}\n',
      answers: {
        200: { description: 'The imported, skipped and refused lines', schema: ImportReport },
      },
      problems: ['validation_failed', 'step_up_required'],
    },
  },
  async ({ deps, principal, request }) => {
    const text = await readText(request, NDJSON, MAX_CHUNK_BYTES)
    return { status: 200, body: await importUsers(deps, principal, text) }
  },
)

export const importRoutes = [importRoute]
