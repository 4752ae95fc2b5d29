/**
 * Imports users in chunks. Every line is validated on its own, and the valid ones are inserted with
 * one set of statements for the whole chunk. The import is idempotent by address: a line is
 * skipped, and reported, if its address has an account or occurred earlier in the chunk. Only an
 * unverified registration is replaced, in a second batch that few chunks need. No Durable Object is
 * called, and no queue message contains imported data.
 */
import { type SQL, sql } from 'drizzle-orm'
import { commit } from '../commit/commit'
import type { Actor, Deps } from '../context'
import { passwordExpiresAt, passwordRules } from '../credentials/password-policy'
import { randomId } from '../crypto/encoding'
import type { Statement } from '../db/batch'
import { isNotReserved } from '../one-time-tokens/undo-links'
import { isWithinReach, mayGrantRoles, hasPermissionNow } from '../rbac/conditions'
import { tellOfGrant } from '../rbac/tell-of-grant'
import { clearTakenOver, isUnprovedRegistration } from '../registration/take-over'
import { proveToGrant } from '../step-up/reauthenticate'
import { DEFAULT_ROLE } from '../tables/rbac'
import { checkHashes } from './import-hashes'
import { type ImportedUser, type LineError, readLines } from './import-lines'
import { outcomeOf, type SkippedLine, skippedLine } from './import-outcome'

export interface ImportResult {
  readonly imported: number
  /** How many lines were skipped; `skipped_lines` lists them with the reasons. */
  readonly skipped: number
  readonly skipped_lines: SkippedLine[]
  readonly errors: LineError[]
}

/**
 * Imports a chunk of NDJSON. Throws `forbidden` when it grants permissions that the actor lacks, and
 * `step_up_required` when it gives roles and the session has not proved recently who is acting.
 */
export async function importUsers(deps: Deps, actor: Actor, ndjson: string): Promise<ImportResult> {
  const isByKey = actor.apiKeyId !== null
  const read = readLines(ndjson, await knownRoles(deps), { config: deps.config, isByKey })
  const { lines } = read
  const { users, errors: refusedHashes } = await checkHashes(deps, read.users)
  const errors = [...read.errors, ...refusedHashes].toSorted((a, b) => a.line - b.line)
  if (users.length === 0) return { imported: 0, skipped: 0, skipped_lines: [], errors }
  const { first, repeated } = byAddress(users)
  const rows = first.map((user) => toRow(deps, user))
  const refused = new Set(errors.map((error) => error.line)).size
  // The roles of every line, including skipped ones: we authorize the request, not its outcome.
  const granted = [...new Set(users.flatMap((user) => user.roles))]
  await proveToGrant(deps, actor, granted)
  const batch = { actor, granted }
  await save(deps, batch, rows, { lines, refused }, sql`0`, [])
  let outcome = await outcomeOf(deps, rows)
  if (outcome.registrations.length > 0) {
    const isTakenOver = sql`users.id IN (SELECT value FROM json_each(${JSON.stringify(outcome.registrations)}))
      AND ${isUnprovedRegistration} AND ${isWithinReach(actor, sql`users.id`)}`
    const lost = new Set(outcome.skipped.map(({ line }) => line))
    const left = rows.filter(({ line }) => lost.has(line))
    const counts = { lines: outcome.registrations.length, refused: 0 }
    await save(deps, batch, left, counts, isTakenOver, clearTakenOver(deps, isTakenOver))
    outcome = await outcomeOf(deps, rows)
  }
  const skipped = [...outcome.skipped, ...repeated].sort((a, b) => a.line - b.line)
  return { imported: outcome.imported, skipped: skipped.length, skipped_lines: skipped, errors }
}

/** Splits the lines into the first of each address and the repeated ones, which are skipped. */
function byAddress(users: readonly ImportedUser[]) {
  const seen = new Set<string>()
  const first: ImportedUser[] = []
  const repeated: SkippedLine[] = []
  for (const user of users) {
    const { email, key } = user.email
    if (seen.has(key)) repeated.push(skippedLine(user.line, email, 'duplicate_in_chunk'))
    else first.push(user)
    seen.add(key)
  }
  return { first, repeated }
}

type Row = ReturnType<typeof toRow>

/**
 * One batch: creates accounts for free addresses, and takes over those that match `isTakenOver`.
 */
async function save(
  deps: Deps,
  { actor, granted }: { actor: Actor; granted: readonly string[] },
  rows: readonly Row[],
  data: { lines: number; refused: number },
  isTakenOver: SQL,
  clear: readonly Statement[],
): Promise<void> {
  const subjects = JSON.stringify(rows.map((row) => row.subject))
  const isAnyMade = sql`EXISTS (SELECT 1 FROM json_each(${subjects}) AS row JOIN users ON users.subject = row.value)`
  await commit(deps, {
    preconditions: [hasPermissionNow(actor, 'admin:system'), mayGrantRoles(actor, granted)],
    change: [...clear, ...insert(deps, actor, JSON.stringify(rows), isTakenOver)],
    audit: [
      {
        event: 'admin.users_imported',
        actor: actor.userId,
        target: null,
        data,
        onlyIf: isAnyMade,
      },
    ],
    outbox: (await tellOfGrant(deps, actor, granted, null)).map((entry) => ({
      ...entry,
      onlyIf: isAnyMade,
    })),
  })
}

async function knownRoles(deps: Deps): Promise<Set<string>> {
  const rows = await deps.db.all<{ name: string }>(sql`SELECT name FROM roles`)
  return new Set(rows.map((row) => row.name))
}

function toRow(deps: Deps, user: ImportedUser) {
  const changedAt = user.hashedPassword === null ? null : deps.now
  return {
    line: user.line,
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

/**
 * An account that is taken over keeps its id and `created_at`. Everything else comes from the line,
 * or has the value it would have in a new account (registration/take-over.ts).
 */
const insert = (deps: Deps, actor: Actor, rows: string, isTakenOver: SQL): Statement[] => [
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
    WHERE ${isNotReserved(deps, sql`value ->> 'email_key'`)}
    ON CONFLICT (email_key) DO UPDATE SET subject = excluded.subject, email = excluded.email,
      full_name = excluded.full_name, hashed_password = excluded.hashed_password, voided_password = NULL,
      password_changed_at = excluded.password_changed_at,
      password_expires_at = excluded.password_expires_at, bio = excluded.bio,
      avatar_url = excluded.avatar_url, preferences = excluded.preferences,
      language = excluded.language, email_verified_at = excluded.email_verified_at,
      deactivated_at = excluded.deactivated_at, origin = excluded.origin, invited_by = NULL,
      two_factor_secret = NULL, two_factor_enabled_at = NULL, two_factor_pending_secret = NULL,
      two_factor_pending_until = NULL, home_region = NULL, last_login_at = NULL, login_count = 0,
      last_active_day = NULL, auth_version = users.auth_version + 1,
      credential_version = users.credential_version + 1, updated_at = excluded.updated_at
    WHERE ${isTakenOver}`,
  sql`
    INSERT INTO user_roles (user_id, role_id, assigned_at, assigned_by)
    SELECT users.id, roles.id, ${deps.now}, ${actor.userId}
    FROM json_each(${rows}) AS line
    JOIN users ON users.subject = line.value ->> 'subject'
    JOIN json_each(line.value -> 'roles') AS given
    JOIN roles ON roles.name = given.value`,
]
