/**
 * What D1 must look like whatever has happened, once the outbox has had its time. Each is a query
 * that finds what breaks it.
 */
import { env } from 'cloudflare:workers'

const ADMINS = `SELECT 1 FROM user_roles JOIN users ON users.id = user_roles.user_id
  WHERE role_id = (SELECT id FROM roles WHERE name = 'admin') AND users.status = 'active'`

/** Hold at every instant. */
export const ALWAYS: Readonly<Record<string, string>> = {
  'an address twice': 'SELECT email_key AS what FROM users GROUP BY email_key HAVING count(*) > 1',
  'sign-ins of a day are not its sign-in events': `
    SELECT day AS what FROM daily_logins WHERE logins <> (SELECT count(*) FROM audit_log
      WHERE event = 'auth.signed_in' AND at / 86400000 = day)`,
  'an account without a role': `SELECT id AS what FROM users
    WHERE NOT EXISTS (SELECT 1 FROM user_roles WHERE user_id = users.id)`,
  'a passkey of nobody': `SELECT id AS what FROM passkeys
    WHERE user_id NOT IN (SELECT id FROM users)`,
  'users with a passkey miscounted': `SELECT value AS what FROM counters
    WHERE name = 'users:passkey' AND value <> (SELECT count(DISTINCT user_id) FROM passkeys)`,
  'recovery codes without a factor': `SELECT user_id AS what FROM recovery_codes
    WHERE NOT EXISTS (SELECT 1 FROM passkeys WHERE passkeys.user_id = recovery_codes.user_id)
      AND NOT EXISTS (SELECT 1 FROM users WHERE users.id = recovery_codes.user_id
        AND two_factor_enabled_at IS NOT NULL)`,
  'a precondition that was stored': 'SELECT name AS what FROM precondition',
  'no active admin, though there was one': `SELECT 'admin' AS what
    WHERE EXISTS (SELECT 1 FROM audit_log WHERE event = 'setup.admin_created') AND NOT EXISTS (${ADMINS})`,
  'a search row or counter astray': `
    SELECT name AS what FROM counters WHERE name GLOB 'role:[01]:*'
      AND value <> (SELECT count(*) FROM users_search_rows WHERE counter = counters.name)`,
}

/** Hold once the outbox has had its time. */
const IN_THE_END: Readonly<Record<string, string>> = {
  ...ALWAYS,
  'an outbox row forgotten': 'SELECT kind AS what FROM outbox WHERE dead_at IS NULL',
}

/** Every invariant that is broken, with one example. */
export async function broken(which = IN_THE_END, database = env.DB): Promise<string[]> {
  const names = Object.keys(which)
  const results = await database.batch<{ what: unknown }>(
    Object.values(which).map((sql) => database.prepare(`${sql} LIMIT 1`)),
  )
  return results.flatMap(({ results: [row] }, i) => (row ? `${names[i]}: ${String(row.what)}` : []))
}
