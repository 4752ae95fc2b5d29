/** NDJSON lines of an import, each validated by itself: a bad line never costs a good one. */
import * as z from 'zod'
import { foreignHashProblem } from '../crypto/foreign-hash'
import { type EmailAddress, emailField } from '../users/email-address'
import { preferencesField } from '../users/preferences'
import { avatarUrlField, bioField, fullNameField, languageField } from '../users/profile-fields'
import { DomainError, invalidFields } from '../errors'
import { validate } from '../http/body'

const MAX_LINES = 1000

export interface ImportedUser {
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
      const message = 'This password hash cannot be verified here'
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

/** The good lines as users, how many lines there were, and what is wrong with the others. */
export function readLines(
  ndjson: string,
  knownRoles: ReadonlySet<string>,
): { users: ImportedUser[]; lines: number; errors: LineError[] } {
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
    const read = readLine(line, knownRoles)
    if (Array.isArray(read)) errors.push(...read.map((error) => ({ line: index + 1, ...error })))
    else users.push(read)
  }
  return { users, lines: filled, errors }
}

function readLine(
  line: string,
  knownRoles: ReadonlySet<string>,
): ImportedUser | Omit<LineError, 'line'>[] {
  let fields: z.output<typeof ImportLine>
  try {
    fields = validate(ImportLine, JSON.parse(line))
  } catch (error) {
    if (error instanceof DomainError) return [...(error.issues ?? [])]
    return [{ path: '', code: 'malformed_line', message: 'The line is not valid JSON' }]
  }
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
