/**
 * Parses the NDJSON lines of an import. Each line is validated on its own: a bad line never costs a
 * good one.
 */
import * as z from 'zod'
import type { Config } from '../config'
import { foreignHashProblem, hashProblemText } from '../crypto/foreign-hash'
import { invalidFields } from '../errors'
import { fieldIssues } from '../http/field-issues'
import { once } from '../once'
import { DEFAULT_ROLE } from '../tables/rbac'
import { addressIssues, type EmailAddress, emailField } from '../users/email-address'
import { preferencesField } from '../users/preferences'
import { avatarUrlField, bioField, fullNameField, languageField } from '../users/profile-fields'

export const MAX_CHUNK_BYTES = 1024 * 1024
const MAX_LINES = 1000
/**
 * Beyond this, only the first error of each line is reported: the report must not be many times the
 * chunk's size.
 */
const MAX_ERRORS = 1000

export interface ImportedUser {
  /** Line number in the chunk, from 1. */
  readonly line: number
  readonly email: EmailAddress
  readonly fullName: string
  readonly hashedPassword: string | null
  readonly bio: string | null
  readonly avatarUrl: string | null
  readonly preferences: Record<string, unknown>
  readonly language: string | undefined
  readonly isVerified: boolean
  readonly isActive: boolean
  readonly createdAt: number | undefined
  readonly roles: readonly string[]
}

/** An error in a line (numbered from 1). `path` names the field, if the error is about one. */
export interface LineError {
  readonly line: number
  readonly code: string
  readonly path: string
  readonly message: string
}

const ImportLine = once(() =>
  z.strictObject({
    email: emailField,
    full_name: fullNameField,
    /** From another system. See crypto/foreign-hash.ts for the formats that can be verified. */
    hashed_password: z
      .string()
      .max(1000)
      .superRefine((hash, ctx) => {
        const problem = foreignHashProblem(hash)
        if (problem === null) return
        const message = hashProblemText(hash, problem)
        ctx.addIssue({ code: 'custom', message, params: { code: problem } })
      })
      .nullable()
      .optional(),
    bio: bioField.nullable().optional(),
    avatar_url: avatarUrlField.nullable().optional(),
    preferences: preferencesField.optional(),
    language: languageField.optional(),
    email_verified: z.boolean().default(false),
    is_active: z.boolean().default(true),
    created_at: z.iso
      .datetime({ offset: true })
      .refine((text) => !(Date.parse(text) > Date.now()), {
        message: 'The creation date cannot be in the future',
        params: { code: 'in_the_future' },
      })
      .refine((text) => !(Date.parse(text) < 0), {
        message: 'The creation date cannot be before 1970',
        params: { code: 'too_early' },
      })
      .optional(),
    roles: z.array(z.string().max(100)).max(20).default([]),
  }),
)

interface Reading {
  readonly config?: Pick<Config, 'ALLOW_INTERNATIONAL_LOCAL_PARTS'>
  /** The import is made by an API key, which may do less than the user who created it. */
  readonly isByKey?: boolean
}
const ANY_ADDRESS = { ALLOW_INTERNATIONAL_LOCAL_PARTS: true }

/**
 * Returns the valid lines as users, the number of non-empty lines, and the errors in the others.
 */
export function readLines(
  ndjson: string,
  knownRoles: ReadonlySet<string>,
  { config = ANY_ADDRESS, isByKey = false }: Reading = {},
): { users: ImportedUser[]; lines: number; errors: LineError[] } {
  refuseOtherForms(ndjson)
  const lines = ndjson.split('\n').map((line) => line.trim())
  const filled = lines.filter((line) => line !== '').length
  if (filled > MAX_LINES) {
    const message = `At most ${MAX_LINES} lines a chunk`
    throw invalidFields([{ path: '', code: 'too_many_lines', message }])
  }
  const users: ImportedUser[] = []
  const errors: LineError[] = []
  for (const [index, line] of lines.entries()) {
    if (line === '') continue
    const read = readLine(line, knownRoles, config)
    const refused = Array.isArray(read) ? read : isByKey ? notByKey(read) : []
    // Every bad line is reported; all of its errors, as long as there is room.
    const shown = errors.length < MAX_ERRORS ? refused : refused.slice(0, 1)
    errors.push(...shown.map((error) => ({ line: index + 1, ...error })))
    if (!Array.isArray(read) && refused.length === 0) users.push({ line: index + 1, ...read })
  }
  return { users, lines: filled, errors }
}

/** Reports a file in the wrong format once, instead of an error for each line. */
function refuseOtherForms(text: string): void {
  const refuse = (code: string, message: string) => invalidFields([{ path: '', code, message }])
  // JSON never contains a raw NUL, so this is UTF-16 without a byte order mark.
  if (text.includes('\0')) throw refuse('utf_16', 'This is UTF-16. Send UTF-8')
  if (/^\s*(?:\[\s*\{|\{[^\S\n]*\n)/.test(text)) {
    throw refuse(
      'not_ndjson',
      'Send one JSON object per line (NDJSON), not an array or indented JSON',
    )
  }
}

/**
 * Fields that an API key must not import together with roles: a verified address and a password
 * hash. Otherwise, somebody with a stolen key could create a privileged account, sign in to it, and
 * keep that access after the key is revoked. Without roles both fields are accepted; with roles
 * neither is.
 */
function notByKey(user: Omit<ImportedUser, 'line'>): Omit<LineError, 'line'>[] {
  if (user.roles.every((role) => role === DEFAULT_ROLE)) return []
  const message = 'An API key cannot import this together with roles'
  return [
    ...(user.hashedPassword === null ? [] : ['hashed_password']),
    ...(user.isVerified ? ['email_verified'] : []),
  ].map((path) => ({ path, code: 'not_by_key', message }))
}

function readLine(
  line: string,
  knownRoles: ReadonlySet<string>,
  config: Pick<Config, 'ALLOW_INTERNATIONAL_LOCAL_PARTS'>,
): Omit<ImportedUser, 'line'> | Omit<LineError, 'line'>[] {
  let sent: unknown
  try {
    sent = JSON.parse(line)
  } catch {
    return [{ path: '', code: 'malformed_line', message: 'The line is not valid JSON' }]
  }
  const { data: fields, error } = ImportLine().safeParse(sent, { reportInput: true })
  if (error) return fieldIssues(error)
  const unsupported = addressIssues(config, fields.email, 'email')
  if (unsupported.length > 0) return unsupported
  const unknown = fields.roles.filter((role) => !knownRoles.has(role))
  if (unknown.length > 0) {
    return unknown.map((role) => ({
      path: 'roles',
      code: 'unknown_role',
      message: `There is no role named ${role}`,
    }))
  }
  return {
    email: fields.email,
    fullName: fields.full_name,
    hashedPassword: fields.hashed_password ?? null,
    bio: fields.bio ?? null,
    avatarUrl: fields.avatar_url ?? null,
    preferences: fields.preferences ?? {},
    language: fields.language,
    isVerified: fields.email_verified,
    isActive: fields.is_active,
    createdAt: fields.created_at === undefined ? undefined : Date.parse(fields.created_at),
    roles: fields.roles,
  }
}
