import * as z from 'zod'
import { readText } from '../http/body'
import { route } from '../http/route'
import { SKIP_CODES } from '../user-admin/import-outcome'
import { importUsers } from '../user-admin/import-users'

const MAX_CHUNK_BYTES = 1024 * 1024
const NDJSON = 'application/x-ndjson'

const ImportReport = z.lazy(() =>
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
    tag: 'Administration',
    summary: 'Import a chunk of users',
    description:
      'NDJSON, at most 1,000 lines and 1 MiB. An address that has an account is skipped and its line named, so a chunk may be sent again. An account that somebody registered and nobody confirmed is taken over: its password, factors, profile and links are void. Password hashes of other systems are replaced at the first sign-in, except bcrypt of passwords of 72 bytes or more and hashes of texts that the other system changed first: these stay until the password is changed. From an API key, a line with a role other than `user` is refused (`not_by_key`) if it also has `hashed_password` or `email_verified`. Send lines with `hash_not_checked` again.',
    access: { permission: 'admin:system' },
    rawBody: NDJSON,
    example: '{"email":"ada@example.com","full_name":"Ada Lovelace"}\n',
    answers: { 200: { description: 'What became of the lines', schema: ImportReport } },
    problems: ['validation_failed'],
  },
  async ({ deps, principal, request }) => {
    const text = await readText(request, NDJSON, MAX_CHUNK_BYTES)
    return { status: 200, body: await importUsers(deps, principal, text) }
  },
)

export const importRoutes = [importRoute]
