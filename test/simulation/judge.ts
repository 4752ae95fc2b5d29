/** Comparing the world with the model: what an answer may be, what it changes, and what must hold. */
import { env } from 'cloudflare:workers'
import { ALWAYS } from '../faults/invariants'
import type { Reply } from '../support/api'
import { type Change, type Core, sameCore, type Somebody, type Status } from './model'
import type { World } from './world'

/** An answer in short: its status, and its code if it is a problem. */
export const said = ({ status, body }: Reply): string =>
  typeof body?.code === 'string' ? `${status} ${body.code}` : String(status)

/** Refuses an answer that the model does not allow; a fault may always be told as one. */
export function allow(world: World, reply: Reply, ...answers: string[]): void {
  const told = said(reply)
  const isFault = world.isStruck && reply.status === 503
  if (!isFault && !answers.includes(told))
    throw new Error(`answered ${told}, and not ${answers.join(' or ')}`)
}

interface Row {
  id: number
  status: Status
  email: string
  hash: string | null
  credentialVersion: number
  factor: number | null
  name: string
  expires: number | null
  proved: number | null
  origin: string
  roles: string
  passkeys: string
}

const PEOPLE = `SELECT id, status, email, hashed_password AS hash, credential_version AS credentialVersion,
  two_factor_enabled_at AS factor, full_name AS name, password_expires_at AS expires,
  email_verified_at AS proved, origin, (SELECT json_group_array(roles.name) FROM user_roles
    JOIN roles ON roles.id = role_id WHERE user_id = users.id) AS roles,
  (SELECT json_group_array(credential_id) FROM passkeys WHERE user_id = users.id) AS passkeys FROM users`

/** Assigned less removed is one or nothing, and is what is held: the audit replayed, in any order. */
const REPLAY = `
  WITH given AS (
    SELECT target_id AS user, data ->> 'role' AS role, iif(event = 'rbac.role_assigned', 1, -1) AS n
      FROM audit_log WHERE event IN ('rbac.role_assigned', 'rbac.role_removed')
    UNION ALL SELECT target_id, value, 1 FROM audit_log, json_each(CASE event
      WHEN 'user.registered' THEN '["user"]' WHEN 'setup.admin_created' THEN '["user","admin"]'
      ELSE data -> '$.roles' END)
      WHERE event IN ('user.registered', 'setup.admin_created', 'admin.user_invited')
    UNION ALL SELECT id, 'user', 1 FROM users WHERE origin = 'imported'
    UNION ALL SELECT user_id, roles.name, -1 FROM user_roles JOIN roles ON roles.id = role_id)
  SELECT user || ' ' || role AS what FROM given WHERE user IN (SELECT id FROM users)
  GROUP BY user, role HAVING sum(n) <> 0`

/** Roles made in the run, with what they permit. */
export const ROLES = `SELECT roles.name AS name, json_group_array(permissions.name)
  FILTER (WHERE permissions.name IS NOT NULL) AS held FROM roles
  LEFT JOIN role_permissions ON role_id = roles.id LEFT JOIN permissions ON permissions.id = permission_id
  WHERE roles.built_in = 0 GROUP BY roles.id`

const ONE_AT_MOST = {
  ...ALWAYS,
  'roles are not the audit replayed': REPLAY,
  // Five an hour for an address; who moves has another.
  'the budget of reset mails was passed': `SELECT target_id AS what FROM audit_log
    WHERE event = 'user.password_reset_requested' AND at > ?1 - 3600000 GROUP BY target_id
    HAVING count(*) > 5 * (1 + (SELECT count(*) FROM audit_log AS moved
      WHERE moved.target_id = audit_log.target_id AND moved.at > ?1 - 3600000 AND moved.event IN
        ('user.email_changed', 'user.email_change_undone', 'admin.user_edited')))`,
  'the budget of changes of address was passed': `SELECT target_id AS what FROM audit_log
    WHERE event = 'user.email_change_requested' AND at > ?1 - 3600000 GROUP BY target_id
    HAVING count(*) > 5`,
  'an invitation can be verified away': `SELECT user_id AS what FROM one_time_tokens
    JOIN users ON users.id = user_id WHERE purpose = 'verify_email' AND hashed_password IS NULL`,
}

const rowOf = (who: Somebody): Promise<Row | null> =>
  env.DB.prepare(`${PEOPLE} WHERE id = ?`).bind(who.id).first<Row>()

const coreOf = (row: Row | null, password: string | null): Core | null =>
  row && {
    status: row.status,
    email: row.email,
    password,
    roles: JSON.parse(row.roles) as string[],
    hasFactor: row.factor !== null,
    name: row.name,
    isExpired: row.expires !== null && row.expires <= Date.now(),
    isProved: row.proved !== null,
    origin: row.origin,
  }

/** Takes over what an answer means; after a lost one, whichever of both D1 shows. */
export async function settle(
  world: World,
  who: Somebody,
  reply: Reply,
  change: Change,
): Promise<boolean> {
  if (who.core === null) return false
  const next = change.to(who.core)
  const row = await rowOf(who)
  const isNewHash = next !== null && next.password !== who.core.password
  // After a lost answer, D1 may look the same whether it happened or not.
  let isCertain = true
  if (reply.status === 503) {
    who.lost += 1
    const hasHash = row === null || !isNewHash || row.hash !== who.hash
    const isChanged = hasHash && sameCore(coreOf(row, next?.password ?? null), next)
    const isSame = sameCore(coreOf(row, who.core.password), who.core)
    if (!isChanged && !isSame) throw new Error(`a third state: ${JSON.stringify(row)}`)
    // Where both look alike the version tells.
    isCertain = !isSame
    const isMoved = row === null || row.credentialVersion !== who.credentialVersion
    if (!isChanged || (isSame && change.revokes !== undefined && !isMoved)) {
      if (reply.body.code === 'effect_pending') throw new Error('effect_pending without a change')
      if (change.revokes === undefined && !change.isLocal) who.isUntold = true
      return false
    }
  } else if (reply.status >= 300) return false
  if (isNewHash && next.password !== null && row?.hash === who.hash)
    throw new Error('the password has not changed')
  take(world, who, next, change, reply.status < 300)
  voidLinks(world, who, change, isCertain)
  if (row) Object.assign(who, { hash: row.hash, credentialVersion: row.credentialVersion })
  return true
}

function take(
  world: World,
  who: Somebody,
  next: Core | null,
  { revokes, isLocal, revokesPending, keepsTrust }: Change,
  isCertain: boolean,
): void {
  who.core = next
  if (next) who.addresses.add(next.email)
  // What was begun under the old credentials is not finished under the new ones.
  if (revokes !== undefined || revokesPending) {
    who.pendingSecret = null
    if (!keepsTrust) for (const device of who.devices) device.state = isCertain ? 'dead' : 'perhaps'
  }
  if (isLocal) return
  who.isUntold = !isCertain
  for (const session of who.sessions) {
    if (isCertain && session.state === 'doomed') session.state = 'dead'
    if (revokes === undefined || session.state === 'dead') continue
    if (session === revokes) session.state = isCertain ? session.state : 'perhaps'
    else session.state = isCertain ? 'dead' : 'doomed'
  }
}

/** The erased have no links any more. */
function voidLinks(world: World, who: Somebody, { voids = [] }: Change, isCertain: boolean): void {
  for (const link of world.links) {
    if (link.userId !== who.id || link.state === 'used' || link.state === 'dead') continue
    if (who.core !== null && !voids.includes(link.purpose)) continue
    link.state = isCertain ? 'dead' : 'perhaps'
  }
}

/** What D1 holds of everybody, and every invariant that is a query, in one batch. */
export async function compare(world: World): Promise<void> {
  const names = Object.keys(ONE_AT_MOST)
  const [people, roles, ...found] = await env.DB.batch<any>([
    env.DB.prepare(PEOPLE),
    env.DB.prepare(ROLES),
    ...Object.values(ONE_AT_MOST).map((sql) => {
      const statement = env.DB.prepare(`${sql} LIMIT 1`)
      return sql.includes('?1') ? statement.bind(Date.now()) : statement
    }),
  ])
  for (const [i, { results }] of found.entries())
    if (results.length > 0) throw new Error(`${names[i]}: ${results[0].what}`)
  compareRoles(world, roles?.results ?? [])
  const rows = new Map(((people?.results ?? []) as Row[]).map((row) => [row.id, row]))
  for (const who of world.people) {
    const row = rows.get(who.id) ?? null
    rows.delete(who.id)
    if (!sameCore(coreOf(row, who.core?.password ?? null), who.core))
      throw new Error(`D1 has ${JSON.stringify(row)}, the model ${JSON.stringify(who.core)}`)
    if (row && row.hash !== who.hash) throw new Error('a password has changed unasked')
    if (row) comparePasskeys(world, who, JSON.parse(row.passkeys) as string[])
  }
  if (rows.size > 0) throw new Error(`nobody knows of ${JSON.stringify([...rows.values()][0])}`)
}

/** The passkeys that D1 has are those that the model knows; one that was removed may be back in a restored D1. */
function comparePasskeys(world: World, who: Somebody, there: readonly string[]): void {
  for (const { credentialId, state } of who.passkeys)
    if (state === 'live' && !there.includes(credentialId)) throw new Error('a passkey is lost')
  for (const id of there) {
    const known = who.passkeys.find(({ credentialId }) => credentialId === id)
    if (!known) throw new Error('nobody knows of a passkey')
    if (known.state === 'dead' && !world.isSetBack) throw new Error('a passkey has risen again')
  }
}

/** The roles that admins have made, as they were made. */
function compareRoles(world: World, rows: { name: string; held: string }[]): void {
  const there = rows.map(
    ({ name, held }) => `${name}: ${(JSON.parse(held) as string[]).sort().join()}`,
  )
  const known = [...world.roles].map(([name, held]) => `${name}: ${[...held].sort().join()}`)
  if (there.sort().join() !== known.sort().join())
    throw new Error(`D1 has the roles ${there.join()}, the model ${known.join()}`)
}

/** Compares what the user’s object holds with the sessions that the model knows. */
export async function compareSessions(world: World, who: Somebody): Promise<void> {
  const now = Date.now()
  const object = env.USER_SESSIONS.getByName(who.subject)
  const listed = await object.listSessions()
  const live = new Set(listed.map(({ sid }) => sid))
  const isInactive = who.core?.status !== 'active'
  for (const session of who.sessions) {
    const isThere = live.delete(session.sid)
    if (session.expiresAt <= now) continue
    if (isThere && session.state === 'dead') throw new Error('a session has risen again')
    if (!isThere && session.state === 'live') throw new Error('a session is lost')
    if (isThere && isInactive && !['doomed', 'pending', 'perhaps'].includes(session.state))
      throw new Error('somebody inactive has a session')
    if (!isThere) session.state = 'dead'
  }
  for (const sid of live) {
    // Opened by a sign-in whose answer was lost: held to the same rules from now on.
    if (!world.isStruck) throw new Error('a session that nobody opened')
    const found = listed.find((each) => each.sid === sid)
    if (isInactive && !who.isUntold) throw new Error('a session of somebody inactive')
    who.sessions.push({
      sid,
      token: '',
      tokenExpiresAt: 0,
      expiresAt: found?.expiresAt ?? 0,
      refreshes: [],
      rotatedAt: 0,
      state: 'perhaps',
      passkey: null,
      isByPasskey: false,
      provedAt: Date.now(),
      surelyProvedAt: 0,
    })
  }
}
