/** NDJSON lines of an import, each validated by itself: a bad line never costs a good one. */
import * as z from 'zod'
import type { Config } from '../config'
import { foreignHashProblem, hashProblemText } from '../crypto/foreign-hash'
import { addressIssues, type EmailAddress, emailField } from '../users/email-address'
import { preferencesField } from '../users/preferences'
import { avatarUrlField, bioField, fullNameField, languageField } from '../users/profile-fields'
import { DomainError, invalidFields } from '../errors'
import { validate } from '../http/body'
import { DEFAULT_ROLE } from '../tables/rbac'

const MAX_LINES = 1000
/** Errors of a chunk that are told in full: the report must not be many times the chunk. */
const MAX_ERRORS = 1000

export interface ImportedUser {
  /** Its place in the chunk, from 1. */
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

/** What is wrong with a line (from 1); `path` names the field where it is one. */
export interface LineError {
  readonly line: number
  readonly code: string
  readonly path: string
  readonly message: string
}

const ImportLine = z.strictObject({
  email: emailField,
  full_name: fullNameField,
  /** Of another system: see crypto/foreign-hash.ts for the forms that can be verified. */
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
      message: 'An account cannot have been made in the future',
      params: { code: 'in_the_future' },
    })
    .refine((text) => !(Date.parse(text) < 0), {
      message: 'An account cannot have been made before 1970',
      params: { code: 'too_early' },
    })
    .optional(),
  roles: z.array(z.string().max(100)).max(20).default([]),
})

interface Reading {
  readonly config?: Pick<Config, 'ALLOW_INTERNATIONAL_LOCAL_PARTS'>
  /** An API key imports, which may not do all that its maker may. */
  readonly isByKey?: boolean
}
const ANY_ADDRESS = { ALLOW_INTERNATIONAL_LOCAL_PARTS: true }

/** The good lines as users, how many lines there were, and what is wrong with the others. */
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
    // Every bad line is named; all that is wrong with it, while there is room.
    const shown = errors.length < MAX_ERRORS ? refused : refused.slice(0, 1)
    errors.push(...shown.map((error) => ({ line: index + 1, ...error })))
    if (!Array.isArray(read) && refused.length === 0) users.push({ line: index + 1, ...read })
  }
  return { users, lines: filled, errors }
}

/** A file of another form is named once, rather than as a fault of each of its lines. */
function refuseOtherForms(text: string): void {
  const refuse = (code: string, message: string) => invalidFields([{ path: '', code, message }])
  // JSON has no NUL outside of escapes: this is UTF-16 without a byte order mark.
  if (text.includes('\0')) throw refuse('utf_16', 'This is UTF-16. Send UTF-8')
  if (/^\s*(?:\[\s*\{|\{[^\S\n]*\n)/.test(text)) {
    throw refuse('not_ndjson', 'Send one JSON object a line (NDJSON), not a list or indented JSON')
  }
}

/**
 * What an API key must not import in one line: an account with roles whose owner has not proved the
 * address here, or has not chosen the password here. Whoever stole the key could sign in to it at once,
 * and long after the key has ended. Without roles both are taken, and with roles neither.
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
  let fields: z.output<typeof ImportLine>
  try {
    fields = validate(ImportLine, JSON.parse(line))
  } catch (error) {
    if (error instanceof DomainError) return [...(error.issues ?? [])]
    return [{ path: '', code: 'malformed_line', message: 'The line is not valid JSON' }]
  }
  const unsupported = addressIssues(config, fields.email, 'email')
  if (unsupported.length > 0) return unsupported
  const unknown = fields.roles.filter((role) => !knownRoles.has(role))
  if (unknown.length > 0) {
    return unknown.map((role) => ({
      path: 'roles',
      code: 'unknown_role',
      message: `There is no role ${role}`,
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
