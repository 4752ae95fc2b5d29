/**
 * Exports everything held about one user, from D1 and from their Durable Object, as one readable
 * document (GDPR articles 15 and 20). Secrets are mentioned but not included: hashes and tokens are
 * of no use to the user. Data about other people is left out too: who granted a role or sent an
 * invitation, and the request metadata of admins.
 */
import { asc, eq, type SQL, sql } from 'drizzle-orm'
import { apiKeysOf } from '../api-keys/list-api-keys'
import { listConnectedApps } from '../apps/connected-apps'
import { usedApps } from '../apps/used-apps'
import type { EventRow } from '../audit/event-query'
import { toOwnEvent } from '../audit/event-view'
import { commit } from '../commit/commit'
import type { Deps, Principal } from '../context'
import { DomainError } from '../errors'
import { countRecoveryCodes } from '../factors/recovery-codes/recovery-codes'
import { describePasskeys } from '../passkeys/list'
import { sessionsOf } from '../sessions/object-stub'
import { toSessionViews } from '../sessions/session-view'
import { dailySignInUsers } from '../tables/analytics'
import { formerAddresses, oneTimeTokens } from '../tables/one-time-tokens'
import { outbox } from '../tables/outbox'
import { roles, userRoles } from '../tables/rbac'
import { users } from '../tables/users'
import { dateOf, isoOrNull } from '../time'
import { openFormer } from '../users/former-addresses'
import { findUser } from '../users/user-view'
import { streamDocument } from './stream-document'

const EVENTS_PER_QUERY = 1000

/**
 * Returns the user's own export as a JSON stream, produced as the client reads, however long the
 * audit log is. The export is recorded.
 */
export async function exportAccount(
  deps: Deps,
  principal: Principal,
): Promise<ReadableStream<Uint8Array>> {
  const user = await findUser(deps, { subject: principal.subject })
  if (!user) throw new DomainError('invalid_access_token')
  const { id } = user
  await commit(deps, {
    change: [],
    audit: [{ event: 'user.exported', actor: id, target: id, data: {} }],
  })
  const [
    row,
    held,
    grants,
    links,
    former,
    mails,
    days,
    recoveryCodes,
    apiKeys,
    passkeys,
    apps,
    used,
  ] = await Promise.all([
    accountRow(deps, id),
    sessionsOf(deps, principal.subject).describe(),
    rolesOf(deps, id),
    mailedLinks(deps, id),
    formerOf(deps, id),
    mailsUnderWay(deps, principal.subject),
    signInDays(deps, id),
    countRecoveryCodes(deps, id),
    apiKeysOf(deps, principal.subject),
    describePasskeys(deps, principal),
    listConnectedApps(deps, principal),
    usedApps(deps, id),
  ])
  const fields = {
    exported_at: isoOrNull(deps.now),
    account: { ...user, ...row.account },
    roles: grants,
    sessions: toSessionViews(held.sessions, principal.sid),
    devices: held.devices.map((each) => ({
      device: each.device,
      last_seen_at: isoOrNull(each.lastSeenAt),
    })),
    second_factor: {
      enabled: user.two_factor_enabled,
      ...row.secondFactor,
      recovery_codes_left: recoveryCodes,
    },
    passkeys,
    trusted_devices: held.trustedDevices.map((each) => ({
      name: each.name,
      trusted_at: isoOrNull(each.createdAt),
      last_used_at: isoOrNull(each.lastUsedAt),
      expires_at: isoOrNull(each.expiresAt),
      ip: each.ip,
      country: each.country,
      user_agent: each.userAgent,
    })),
    connected_apps: apps,
    used_apps: used,
    api_keys: apiKeys,
    mailed_links: links,
    former_addresses: former,
    mails_under_way: mails,
    sign_in_days: days,
  }
  return streamDocument(fields, {
    activity: eventsIn(deps, sql`audit_log INDEXED BY audit_log_target WHERE target_id = ${id}`),
    acts_on_others: eventsIn(
      deps,
      sql`audit_log INDEXED BY audit_log_actor WHERE actor_id = ${id}
        AND actor_id IS NOT target_id AND actor_id IS NOT NULL`,
      true,
    ),
  })
}

/** Reads what the API's User object leaves out. */
async function accountRow(deps: Deps, id: number) {
  const [row] = await deps.db
    .select({
      origin: users.signupSource,
      homeRegion: users.homeRegion,
      passwordExpiresAt: users.passwordExpiresAt,
      lastActiveDay: users.lastActiveDay,
      secondFactorEnabledAt: users.secondFactorEnabledAt,
      totpPendingUntil: users.totpPendingUntil,
    })
    .from(users)
    .where(eq(users.id, id))
  if (!row) throw new DomainError('invalid_access_token')
  return {
    account: {
      origin: row.origin,
      home_region: row.homeRegion,
      password_expires_at: isoOrNull(row.passwordExpiresAt),
      last_active_on: row.lastActiveDay === null ? null : dateOf(row.lastActiveDay),
    },
    secondFactor: {
      enabled_at: isoOrNull(row.secondFactorEnabledAt),
      setup_open_until: isoOrNull(row.totpPendingUntil),
    },
  }
}

async function rolesOf(deps: Deps, id: number) {
  const rows = await deps.db
    .select({ role: roles.name, assignedAt: userRoles.assignedAt })
    .from(userRoles)
    .innerJoin(roles, eq(roles.id, userRoles.roleId))
    .where(eq(userRoles.userId, id))
  return rows.map(({ role, assignedAt }) => ({ role, assigned_at: isoOrNull(assignedAt) }))
}

async function mailedLinks(deps: Deps, id: number) {
  const { purpose, email, expiresAt } = oneTimeTokens
  const rows = await deps.db
    .select({ purpose, email, expiresAt })
    .from(oneTimeTokens)
    .where(eq(oneTimeTokens.userId, id))
  return rows.map((each) => ({
    purpose: each.purpose,
    email: each.email,
    expires_at: isoOrNull(each.expiresAt),
  }))
}

/** `email` is null when the key that encrypted it no longer exists. */
async function formerOf(deps: Deps, id: number) {
  const rows = await deps.db
    .select()
    .from(formerAddresses)
    .where(eq(formerAddresses.userId, id))
    .orderBy(asc(formerAddresses.id))
  return Promise.all(
    rows.map(async (each) => ({
      email: (await openFormer(deps, each)) ?? null,
      given_up_at: isoOrNull(each.givenUpAt),
    })),
  )
}

/**
 * Lists emails that wait to be sent. The one that confirms a change of address is left out: its
 * request is among the mailed links, and whether its email is still pending would reveal that the
 * address is free.
 */
async function mailsUnderWay(deps: Deps, subject: string) {
  const rows = await deps.db
    .select({ mail: sql<string>`payload ->> 'mail'`, createdAt: outbox.createdAt })
    .from(outbox).where(sql`${outbox.subject} = ${subject} AND ${outbox.kind} = 'mail'
      AND payload ->> 'mail' <> 'confirm-email-change'`)
  return rows.map(({ mail, createdAt }) => ({ mail, asked_at: isoOrNull(createdAt) }))
}

async function signInDays(deps: Deps, id: number) {
  const rows = await deps.db
    .select({ day: dailySignInUsers.day })
    .from(dailySignInUsers)
    .where(eq(dailySignInUsers.userId, id))
    .orderBy(asc(dailySignInUsers.day))
  return rows.map(({ day }) => dateOf(day))
}

/**
 * Yields events oldest first, a page at a time. Actions on other users are shown with the user's
 * own request metadata, and without the data about the others.
 */
async function* eventsIn(deps: Deps, range: SQL, isToOthers = false) {
  let last = ''
  for (;;) {
    const rows: EventRow[] = await deps.db.all<EventRow>(sql`
      SELECT id, at, event, actor_id, target_id, ip, country, user_agent, data, api_key_id, forwarded_by
      FROM ${range} AND id > ${last} ORDER BY id LIMIT ${EVENTS_PER_QUERY}`)
    const shown = (row: EventRow): EventRow =>
      isToOthers ? { ...row, target_id: row.actor_id, data: '{}' } : row
    yield rows.map((row) => toOwnEvent(shown(row)))
    last = rows.at(-1)?.id ?? last
    if (rows.length < EVENTS_PER_QUERY) return
  }
}
