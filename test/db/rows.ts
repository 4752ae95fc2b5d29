/** Rows that satisfy every rule, one set per table: to fill a database with, and to break one rule at a time. */
import { env } from 'cloudflare:workers'

export type Row = Record<string, string | number | null>

const NOW = Date.UTC(2030, 0, 2)
const DAY = NOW / 86_400_000
const subject = (n: number) => `subject-${n}`.padEnd(22, 'x')
const hash = (n: number) => `hash-${n}`.padEnd(43, 'x')

const user = (n: number): Row => ({
  id: n,
  subject: subject(n),
  email: `user${n}@example.com`,
  email_key: `user${n}@example.com`,
  full_name: `User ${n}`,
  origin: 'registered',
  created_at: NOW,
  updated_at: NOW,
})

const event = (n: number): Row => ({
  id: `01930000-0000-7000-8000-${String(n).padStart(12, '0')}`,
  at: NOW,
  event: 'user.profile_updated',
  actor_id: 1,
  target_id: n,
})

/**
 * In an order that foreign keys allow. A table that a later migration makes gets its rows here, or
 * test/db/migrations.test.ts says that it is empty.
 */
export const ROWS: Record<string, Row[]> = {
  users: [
    user(1),
    { ...user(2), invited_by: 1, last_active_day: DAY, login_count: 3, last_login_at: NOW },
    { ...user(3), two_factor_secret: 'k1.n.c', two_factor_enabled_at: NOW, deactivated_at: NOW },
  ],
  roles: [{ id: 101, name: 'auditor', created_at: NOW }],
  permissions: [{ id: 101, name: 'read:audit', created_at: NOW }],
  role_permissions: [{ role_id: 101, permission_id: 101 }],
  api_keys: [
    {
      id: subject(7),
      name: 'Billing',
      secret_hash: hash(3),
      maker_subject: subject(1),
      made_by: 1,
      created_at: NOW,
      expires_at: NOW + 1,
    },
  ],
  api_key_permissions: [{ api_key_id: subject(7), permission_id: 101 }],
  user_roles: [
    { user_id: 1, role_id: 2, assigned_at: NOW },
    { user_id: 2, role_id: 101, assigned_at: NOW, assigned_by: 1 },
  ],
  one_time_tokens: [
    {
      hash: hash(1),
      purpose: 'verify_email',
      user_id: 1,
      email: 'user1@example.com',
      key_id: 'k1',
      created_at: NOW,
      expires_at: NOW + 1,
    },
  ],
  former_addresses: [
    { id: '01930000-0000-7000-8000-000000000009', user_id: 2, address: 'k1.n.c', given_up_at: NOW },
  ],
  recovery_codes: [{ user_id: 3, hash: hash(2), created_at: NOW }],
  passkeys: [
    {
      id: subject(11),
      user_id: 2,
      credential_id: 'RaE2p0Jc1YQ6cFtFT2m8fA',
      public_key: '{}',
      algorithm: -7,
      rp_id: 'localhost',
      name: 'Laptop',
      aaguid: '00000000-0000-0000-0000-000000000000',
      transports: '[]',
      sign_count: 0,
      is_backup_eligible: 1,
      is_backed_up: 1,
      is_user_verified: 1,
      created_at: NOW,
    },
  ],
  mail_requests: [{ day: DAY, purpose: 'verify_email', requests: 2 }],
  outbox: [
    { id: subject(8), kind: 'mail', payload: '{}', next_attempt_at: NOW, created_at: NOW },
    {
      id: subject(9),
      kind: 'mail',
      payload: '{}',
      next_attempt_at: NOW,
      dead_at: NOW,
      created_at: NOW,
    },
  ],
  webhooks: [
    {
      id: subject(10),
      url: 'https://hooks.example.com/',
      events: '["user.erased"]',
      secret: 'k1.n.c',
      previous_secret: 'k1.n.c',
      previous_secret_until: NOW,
      created_by: 1,
      created_at: NOW,
    },
  ],
  // Its trigger writes a row of the outbox beside those above.
  webhook_deliveries: [
    {
      id: '01930000000000000000aa',
      webhook_id: subject(10),
      event_id: '01930000-0000-7000-8000-000000000001',
      event: 'user.erased',
      created_at: NOW,
    },
  ],
  sectors: [{ id: 'first_party', salt: 'k1.n.c', created_at: NOW }],
  apps: [
    {
      client_id: subject(11),
      name: 'Orders',
      kind: 'web',
      auth_method: 'client_secret_basic',
      secret_hash: hash(4),
      previous_secret_hash: hash(5),
      previous_secret_until: NOW,
      redirect_uris: '["https://orders.example.org/callback"]',
      scopes: '["openid"]',
      first_party: 1,
      sector_id: 'first_party',
      created_by: 1,
      created_at: NOW,
      updated_at: NOW,
    },
  ],
  resources: [
    {
      id: subject(12),
      identifier: 'https://api.example.org/orders',
      name: 'Orders API',
      token_ttl_seconds: 600,
      secret_hash: hash(6),
      created_by: 1,
      created_at: NOW,
    },
  ],
  scopes: [{ resource_id: subject(12), name: 'orders:read', permission: 'read:all' }],
  app_grants: [{ user_id: 2, client_id: subject(11), first_at: NOW, last_at: NOW }],
  // Its trigger writes a row of the outbox, as that of webhook_deliveries does.
  logout_deliveries: [
    {
      id: '01930000000000000000bb',
      client_id: subject(11),
      sid: subject(13),
      sub: hash(7),
      reason: 'signed_out',
      created_at: NOW,
    },
  ],
  device_authorizations: [
    {
      id: subject(12),
      user_code_hash: hash(8),
      client_id: subject(11),
      scopes: '["openid"]',
      resources: '[]',
      created_at: NOW,
      expires_at: NOW + 1,
    },
  ],
  audit_log: [event(1), event(2)],
  parked_events: [{ id: 'one', message: '{}', parked_at: NOW }],
  daily_logins: [{ day: DAY, logins: 3, failures: 1, users: 1 }],
  daily_login_users: [{ day: DAY, user_id: 2 }],
  active_days: [{ day: DAY - 1, users: 1 }],
  role_members: [
    {
      user_id: 3,
      role_id: 101,
      status: 'deactivated',
      email_key: 'user3@example.com',
      full_name: 'User 3',
    },
  ],
  counters: [{ name: 'test:one', value: 1 }],
  daily_registrations: [{ day: DAY + 1, registrations: 2 }],
  job_runs: [{ job: 'sweep_outbox', started_at: NOW }],
  daily_actives: [{ day: DAY, daily: 1, weekly: 2, monthly: 3 }],
  audit_retention: [{ event: 'auth.signed_in', delete_before: 0 }],
  user_sessions: [
    { id: subject(1) + subject(2), user_id: 1, created_at: NOW, expires_at: NOW + 1 },
  ],
  signing_keys: [
    {
      kid: 'kid-1',
      public_jwk: '{}',
      private_key: 'k1.n.c',
      created_at: NOW,
      signs_from: NOW,
      signs_until: NOW + 1,
      published_until: NOW + 2,
    },
  ],
}

export async function insertRow(table: string, row: Row): Promise<void> {
  const columns = Object.keys(row)
  const statement = `INSERT INTO ${table} (${columns.join()}) VALUES (${columns.map(() => '?').join()})`
  await env.DB.prepare(statement)
    .bind(...Object.values(row))
    .run()
}

export const rowsOf = async <T extends object = Row>(
  sql: string,
  ...parameters: unknown[]
): Promise<T[]> =>
  (
    await env.DB.prepare(sql)
      .bind(...parameters)
      .all<T>()
  ).results

/** The tables of the product: without D1's and SQLite's own. */
export const tableNames = async (): Promise<string[]> =>
  (
    await rowsOf<{ name: string }>(
      // Not the search index, which is a virtual table with tables of its own.
      `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite^_%' ESCAPE '^'
       AND name NOT LIKE '^_cf%' ESCAPE '^' AND name NOT LIKE 'users^_search%' ESCAPE '^'
       AND name <> 'd1_migrations' ORDER BY name`,
    )
  ).map(({ name }) => name)
