/**
 * Import of users in chunks: every line is validated by itself, and what is good goes in by one set of
 * statements over the whole chunk. Idempotent by address: one that has an account, or stood in the
 * chunk before, is skipped. No object is woken, and nothing of it reaches a queue.
 */
import { sql } from 'drizzle-orm'
import { passwordExpiresAt, passwordRules } from '../auth/password-policy'
import type { Actor, Deps } from '../context'
import { randomId } from '../crypto/encoding'
import type { Statement } from '../db/batch'
import { commit } from '../db/commit'
import { mayGrantRoles, stillMay } from '../rbac/conditions'
import { DEFAULT_ROLE } from '../rbac/permissions'
import { checkHashes } from './import-hashes'
import { tellOfGrant } from '../rbac/tell-of-grant'
import { type ImportedUser, type LineError, readLines } from './import-lines'

export interface ImportResult {
  readonly imported: number
  /** Lines whose address has an account already, or is kept for one. */
  readonly skipped: number
  readonly errors: LineError[]
}

/** Imports a chunk of NDJSON. Throws `forbidden` when it grants more than the actor holds. */
export async function importUsers(deps: Deps, actor: Actor, ndjson: string): Promise<ImportResult> {
  const isByKey = actor.apiKeyId !== null
  const read = readLines(ndjson, await knownRoles(deps), { config: deps.config, isByKey })
  const { lines } = read
  const { users, errors: refusedHashes } = await checkHashes(deps, read.users)
  const errors = [...read.errors, ...refusedHashes].toSorted((a, b) => a.line - b.line)
  if (users.length === 0) return { imported: 0, skipped: 0, errors }
  const rows = users.map((user) => toRow(deps, user))
  const granted = [...new Set(users.flatMap((user) => user.roles))]
  const subjects = JSON.stringify(rows.map((row) => row.subject))
  const made = sql`SELECT count(*) AS count FROM json_each(${subjects}) AS row
    JOIN users ON users.subject = row.value`
  const refused = new Set(errors.map((error) => error.line)).size
  await commit(deps, {
    preconditions: [stillMay(actor, 'admin:system'), mayGrantRoles(actor, granted)],
    change: insert(deps, actor, JSON.stringify(rows)),
    audit: [
      {
        event: 'admin.users_imported',
        actor: actor.userId,
        target: null,
        data: { lines, refused },
        onlyIf: sql`(${made}) > 0`,
      },
    ],
    outbox: (await tellOfGrant(deps, actor, granted, null)).map((entry) => ({
      ...entry,
      onlyIf: sql`(${made}) > 0`,
    })),
  })
  const [counted] = await deps.db.all<{ count: number }>(made)
  const imported = counted?.count ?? 0
  return { imported, skipped: users.length - imported, errors }
}

async function knownRoles(deps: Deps): Promise<Set<string>> {
  const rows = await deps.db.all<{ name: string }>(sql`SELECT name FROM roles`)
  return new Set(rows.map((row) => row.name))
}

function toRow(deps: Deps, user: ImportedUser) {
  const changedAt = user.hashedPassword === null ? null : deps.now
  return {
    subject: randomId(),
    email: user.email.email,
    email_key: user.email.key,
    full_name: user.fullName,
    hashed_password: user.hashedPassword,
    password_changed_at: changedAt,
    password_expires_at:
      changedAt === null ? null : passwordExpiresAt(passwordRules(deps.config), changedAt),
    bio: user.bio,
    avatar_url: user.avatarUrl,
    preferences: user.preferences,
    language: user.language ?? deps.config.DEFAULT_LANGUAGE,
    email_verified_at: user.isVerified ? deps.now : null,
    deactivated_at: user.isActive ? null : deps.now,
    created_at: user.createdAt ?? deps.now,
    roles: [...new Set([DEFAULT_ROLE, ...user.roles])],
  }
}

const insert = (deps: Deps, actor: Actor, rows: string): Statement[] => [
  sql`
    INSERT INTO users (subject, email, email_key, full_name, hashed_password, password_changed_at,
      password_expires_at, bio, avatar_url, preferences, language, email_verified_at,
      deactivated_at, origin, created_at, updated_at)
    SELECT value ->> 'subject', value ->> 'email', value ->> 'email_key', value ->> 'full_name',
      value ->> 'hashed_password', value ->> 'password_changed_at', value ->> 'password_expires_at',
      value ->> 'bio', value ->> 'avatar_url', json_patch('{}', value -> 'preferences'), value ->> 'language',
      value ->> 'email_verified_at', value ->> 'deactivated_at', 'imported', value ->> 'created_at',
      ${deps.now}
    FROM json_each(${rows})
    WHERE NOT EXISTS (SELECT 1 FROM one_time_tokens AS kept
      WHERE kept.reserved_key = value ->> 'email_key' AND kept.expires_at > ${deps.now})
    ON CONFLICT (email_key) DO NOTHING`,
  sql`
    INSERT INTO user_roles (user_id, role_id, assigned_at, assigned_by)
    SELECT users.id, roles.id, ${deps.now}, ${actor.userId}
    FROM json_each(${rows}) AS line
    JOIN users ON users.subject = line.value ->> 'subject'
    JOIN json_each(line.value -> 'roles') AS given
    JOIN roles ON roles.name = given.value`,
]
