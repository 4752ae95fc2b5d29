/** A user's own export: all that is held about them, readable, and nothing that is not theirs. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, test } from 'vitest'
import { runBatch } from '../../src/db/batch'
import { rememberFormer } from '../../src/users/former-addresses'
import { call, type Reply } from '../support/api'
import { appSessionFor } from '../support/app-sessions'
import { pass, stopClock } from '../support/clock'
import { depsFor } from '../support/deps'
import { addPasskey } from '../support/passkeys'
import { deliver, eventsOf, holdEvents, watchQueues } from '../support/queues'
import {
  ok,
  signInWithFactor,
  type UserWithSecondFactor,
  userWithSecondFactor,
} from '../support/second-factor'
import { d1Rows, d1Tables, objectTables, type Stored } from '../support/stores'
import { codeAt, STEP_MS } from '../support/totp'
import { freshEmail, makeUser, PASSWORD, type SignedInUser, staff } from '../support/users'

stopClock()
watchQueues()

const FORMER = 'ada.before@example.com'
const ADMIN_IP = '203.0.113.77'
const ADMIN_AGENT = 'AdminBrowser/7 (Curious)'

let ada: UserWithSecondFactor & { subject: string }
let root: SignedInUser
let reply: Reply
let text: string
let subjects: Stored

beforeAll(async () => {
  holdEvents()
  root = await staff('admin')
  const person = await userWithSecondFactor({ remember_me: true })
  const user = await env.DB.prepare('SELECT * FROM users WHERE id = ?')
    .bind(person.id)
    .first<Stored>()
  subjects = user ?? {}
  ada = { ...person, subject: String(subjects['subject']) }
  await signInWithFactor(ada)
  ok(await addPasskey(ada))
  await appSessionFor({ ...ada, sessionId: person.sessionId })
  const { token } = ada
  const profile = { bio: 'Analytical Engines', preferences: { theme: 'dark' } }
  await call('PATCH', '/api/v1/users/profile', profile, { token })
  const asAdmin = {
    token: root.token,
    ip: ADMIN_IP,
    headers: { 'user-agent': ADMIN_AGENT },
  }
  const path = `/api/v1/admin/users/${ada.id}`
  await call('POST', `${path}/roles`, { role: 'moderator' }, asAdmin)
  await call('GET', path, undefined, asAdmin)
  pass(STEP_MS)
  const change = { password: PASSWORD, new_email: freshEmail(), code: await codeAt(ada.secret) }
  await call('POST', '/api/v1/users/change-email', change, { token })
  const deps = depsFor()
  await runBatch(deps, await rememberFormer(deps, { id: ada.id, emailKey: FORMER }, ada.email))
  await deliver(await eventsOf(ada.subject))
  reply = await call('GET', '/api/v1/users/export', undefined, { token })
  text = JSON.stringify(reply.body, null, 2)
})

const column = (name: string) => async (row: Stored) => expect(text).toContain(String(row[name]))
const iso = (ms: unknown) => new Date(Number(ms)).toISOString()

/** How the export shows each table that names the user, or why it does not. */
const TABLES: Record<string, string | ((row: Stored) => unknown)> = {
  users: 'column by column, below',
  user_roles: async (row) => {
    const role = await env.DB.prepare('SELECT name FROM roles WHERE id = ?')
      .bind(row['role_id'])
      .first('name')
    expect(reply.body.roles).toContainEqual({ role, assigned_at: iso(row['assigned_at']) })
  },
  one_time_tokens: (row) =>
    expect(reply.body.mailed_links).toContainEqual({
      purpose: row['purpose'],
      email: row['email'],
      expires_at: iso(row['expires_at']),
    }),
  former_addresses: (row) =>
    expect(reply.body.former_addresses).toEqual([
      { email: FORMER, given_up_at: iso(row['given_up_at']) },
    ]),
  recovery_codes: () => expect(reply.body.second_factor.recovery_codes_left).toBe(10),
  app_grants: (row) =>
    expect(reply.body.used_apps).toContainEqual({
      client_id: row['client_id'],
      name: row['client_id'],
      first_at: iso(row['first_at']),
      last_at: iso(row['last_at']),
    }),
  passkeys: (row) => {
    expect(reply.body.passkeys).toContainEqual(
      expect.objectContaining({
        id: row['id'],
        name: row['name'],
        credential_id: row['credential_id'],
        aaguid: row['aaguid'],
        created_at: iso(row['created_at']),
      }),
    )
    expect(text).not.toContain(JSON.parse(String(row['public_key'])).x)
  },
  daily_login_users: (row) =>
    expect(reply.body.sign_in_days).toContain(iso(Number(row['day']) * 86_400_000).slice(0, 10)),
  // The verification of a new address is listed by its link alone: whether the mail still waits
  // would show whether the address is free.
  outbox: (row) =>
    row['kind'] === 'mail' &&
    JSON.parse(String(row['payload'])).mail !== 'confirm-email-change' &&
    expect(reply.body.mails_under_way).toContainEqual({
      mail: JSON.parse(String(row['payload'])).mail,
      asked_at: iso(row['created_at']),
    }),
  audit_log: (row) => {
    const shown = reply.body.activity.find(({ id }: { id: string }) => id === row['id'])
    expect(shown, String(row['event'])).toMatchObject({ action: row['event'], at: iso(row['at']) })
  },
  user_sessions: column('id'),
  role_members: 'a copy of role, status, address and name, by which admins list',
  apps: 'an app of the service; that the user made it is in their activity',
  resources: 'an API of the service; that the user made it is in their activity',
  webhooks: 'an endpoint of the service; that the user made it is in their activity',
  users_search: 'a copy of address, name, status and roles, by which admins search',
}

/** Columns of `users` that are not shown under their own name, and why. */
const COLUMNS: Record<string, string> = {
  subject: 'a random name for the user’s object; stands in the ids of their sessions',
  email_key: 'the address in another spelling',
  folded_email: 'the address in another spelling',
  folded_name: 'the name in another spelling',
  search_rowid: 'made from the id and the time of registration',
  hashed_password: 'secret',
  voided_password: 'secret',
  deactivated_at: 'null for everybody who can ask',
  two_factor_secret: 'secret',
  two_factor_pending_secret: 'secret',
  auth_version: 'a counter of changes',
  credential_version: 'a counter of changes',
  invited_by: 'somebody else',
  two_factor_enabled_at: 'shown as second_factor.enabled_at',
  two_factor_pending_until: 'shown as second_factor.setup_open_until',
  last_active_day: 'shown as last_active_on',
}

/** Tables of the user's object that are not shown, and why. */
const OBJECT_TABLES: Record<string, string> = {
  state: 'what D1 says of the user, in short, and their last active day',
  codes: 'sign-ins of apps that are half done, for a minute; used ones for ten',
  app_sessions: 'the apps are shown, with what they may do and their last use',
  consents: 'the apps are shown, with what they may do and since when',
  challenges: 'sign-ins that are half done, for five minutes; their ids are secret',
  factor_attempts: 'instants of wrong second factors; the log has them',
  factor_state: 'whether wrong second factors have blocked the password; the log has it',
  writes: 'instants of recent writes, counted against floods; the log has the writes',
  passkeys: 'counters; when each was last used stands with the passkeys',
  spent_challenges: 'random texts that were used once, for five minutes',
  totp: 'the number of the last code that was used',
  events: 'events on their way to the log',
  notices: 'instants of recent mails about sign-ins; the log has what they told',
}

describe('everything that is held is in it', () => {
  test('every row of D1 that names the user, unless its table has a reason', async () => {
    const named: string[] = []
    for (const table of await d1Tables()) {
      const rows = (await d1Rows(table)).filter((row) => isAbout(table, row))
      if (rows.length === 0) continue
      named.push(table)
      const shown = TABLES[table.replace(/_(data|idx|content|docsize|config)$/, '')]
      expect(shown, `${table} is new: show it in the export or give a reason here`).toBeDefined()
      if (typeof shown === 'function') for (const row of rows) await shown(row)
    }
    expect(named).toEqual(
      expect.arrayContaining([
        'app_grants',
        'audit_log',
        'daily_login_users',
        'former_addresses',
        'one_time_tokens',
        'recovery_codes',
      ]),
    )
    expect(named).toEqual(
      expect.arrayContaining(['user_roles', 'user_sessions', 'users', 'outbox']),
    )
  })

  test('every table that could name a user by a foreign key is known here', async () => {
    const unknown: string[] = []
    for (const table of await d1Tables()) {
      const key = await env.DB.prepare(
        `SELECT 1 FROM pragma_foreign_key_list(?) WHERE "table" = 'users'`,
      )
        .bind(table)
        .first()
      if (key && !(table in TABLES)) unknown.push(table)
    }
    expect(unknown).toEqual([])
  })

  test('every column of the user’s row, unless it has a reason', async () => {
    const { account } = reply.body
    const now = await env.DB.prepare('SELECT * FROM users WHERE id = ?')
      .bind(ada.id)
      .first<Stored>()
    const missing = Object.entries(now ?? {}).filter(([name, value]) => {
      if (name in COLUMNS) return false
      const shown = account[name]
      const same = [value, typeof value === 'number' && iso(value)].includes(shown)
      return !same && JSON.stringify(shown) !== value
    })
    expect(missing).toEqual([])
    expect(account).toMatchObject({ origin: 'registered', bio: 'Analytical Engines' })
    expect(account.last_active_on).toMatch(/^\d{4}-\d\d-\d\d$/)
    expect(reply.body.second_factor).toMatchObject({ enabled: true, setup_open_until: null })
  })

  test('every table of the user’s object, unless it has a reason', async () => {
    const tables = await objectTables(env.USER_SESSIONS.getByName(ada.subject) as never)
    const { sessions = [], devices = [], trusted_devices: trusted = [], ...rest } = tables
    expect(sessions).toHaveLength(2)
    for (const row of sessions) {
      expect(reply.body.sessions).toContainEqual(
        expect.objectContaining({
          id: row['sid'],
          ip: row['ip'],
          user_agent: row['user_agent'],
          expires_at: iso(row['expires_at']),
        }),
      )
    }
    expect(reply.body.devices.map((each: any) => each.device)).toEqual(
      devices.map(({ device }) => device),
    )
    expect(reply.body.trusted_devices).toHaveLength(trusted.length)
    expect(Object.keys(rest).sort()).toEqual(Object.keys(OBJECT_TABLES).sort())
  })
})

/** Whether a row names the user: by id in a column made for it, by subject, or by address. */
function isAbout(table: string, row: Stored): boolean {
  const ids = table === 'users' ? ['id'] : ['user_id', 'actor_id', 'target_id', 'assigned_by']
  const values = Object.values(row).map(String)
  return (
    ids.some((name) => row[name] === ada.id) ||
    values.some((value) => value.includes(ada.subject) || value.includes(ada.email))
  )
}

describe('nothing is in it that is not the user’s', () => {
  test('no secret: no hash, no token, no key, no code', async () => {
    const secrets = [
      subjects['hashed_password'],
      subjects['two_factor_secret'],
      ada.secret,
      ada.token,
      ada.refreshToken,
      ...ada.recoveryCodes,
      ...(await d1Rows('one_time_tokens')).map((row) => row['hash']),
      ...(await d1Rows('recovery_codes')).map((row) => row['hash']),
    ]
    for (const secret of secrets) expect(text).not.toContain(String(secret))
    expect(text).not.toMatch(/\$gatehouse|"hash|secret|_version/)
  })

  test('nobody else: an admin who acted on the user is “an admin”, without IP', () => {
    const byAdmin = reply.body.activity.filter((each: any) => each.by_admin)
    expect(byAdmin.map((each: any) => each.action).sort()).toEqual([
      'admin.user_viewed',
      'rbac.role_assigned',
    ])
    for (const each of byAdmin) {
      expect(each).toMatchObject({ ip: null, country: null, user_agent: null })
    }
    for (const trace of [ADMIN_IP, ADMIN_AGENT, root.email, root.subject]) {
      expect(text).not.toContain(trace)
    }
    expect(text).not.toContain(`"actor_id"`)
  })

  test('what the user did to others is there, with the user’s own traces and without theirs', async () => {
    const other = await makeUser()
    const agent = { 'user-agent': ADMIN_AGENT }
    const options = { token: root.token, ip: ADMIN_IP, headers: agent }
    await call('PATCH', `/api/v1/admin/users/${other.id}`, { full_name: 'Xavier Y' }, options)
    const { body } = await root.asks('GET', '/users/export')
    expect(body.acts_on_others.at(-1)).toMatchObject({
      action: 'admin.user_edited',
      ip: ADMIN_IP,
      user_agent: ADMIN_AGENT,
      data: {},
    })
    for (const trace of [other.email, other.subject, 'Xavier']) {
      expect(JSON.stringify(body)).not.toContain(trace)
    }
  })
})
