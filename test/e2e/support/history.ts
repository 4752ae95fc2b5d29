/** What only time would bring: weeks of sign-ins and actives, runs of jobs, a mail that was given up. */
import { writeRows } from './site.ts'

const DAY_MS = 86_400_000
const DAYS = 120

/** Fills the rollups of the days before today, and what the console shows of troubles. */
export async function writeHistory(): Promise<void> {
  const now = Date.now()
  const today = Math.floor(now / DAY_MS)
  const days = Array.from({ length: DAYS }, (_, n) => DAYS - n)
  // Growing, quieter at weekends, and never quite even.
  const wave = (day: number) => (1 + Math.sin(day * 1.7) / 6) * ((day + 3) % 7 < 5 ? 1 : 0.55)
  const rollups = days.flatMap((ago) => {
    const day = today - ago
    const users = Math.round((82 - 0.4 * ago) * wave(day))
    return [
      `INSERT OR REPLACE INTO daily_logins (day, logins, failures, users)
       VALUES (${day}, ${Math.round(users * 1.3)}, ${Math.round(users / 9)}, ${users})`,
      `INSERT OR REPLACE INTO daily_actives (day, daily, weekly, monthly)
       VALUES (${day}, ${users}, ${Math.round(171 - 0.7 * ago)}, ${Math.round(222 - ago)})`,
    ]
  })
  const jobs = ['sweep_outbox', 'purge_sessions', 'snapshot_actives', 'rotate_signing_keys']
  await writeRows([
    ...rollups,
    `UPDATE users SET last_login_at = ${now} - id * 5400000, login_count = 40 - id % 37
     WHERE id > 3 AND status = 'active' AND id % 4 > 0`,
    `INSERT OR REPLACE INTO active_days (day, users)
     VALUES (${today}, 61), (${today - 3}, 112), (${today - 20}, 51)`,
    `UPDATE counters SET value = 118 WHERE name = 'sessions'`,
    `UPDATE counters SET value = 74 WHERE name = 'users:two_factor'`,
    `INSERT OR REPLACE INTO daily_logins (day, logins, failures, users) VALUES (${today}, 66, 5, 61)`,
    ...jobs.map(
      (job, n) =>
        `INSERT OR REPLACE INTO job_runs (job, started_at, finished_at)
         VALUES ('${job}', ${now - n * 700_000}, ${now})`,
    ),
    `INSERT OR REPLACE INTO job_runs (job, started_at, finished_at, error)
     VALUES ('purge_audit', ${now - 9 * DAY_MS}, ${now}, 'DrizzleQueryError')`,
    `INSERT OR REPLACE INTO outbox (id, kind, subject, payload, attempts, next_attempt_at, last_error,
       dead_at, created_at)
     VALUES ('given-up-${'x'.repeat(13)}', 'mail', (SELECT subject FROM users WHERE id = 1), '{"mail":"new-device"}', 12,
       ${now}, 'E_RECIPIENT_SUPPRESSED', ${now - 5_000_000}, ${now - 9_000_000})`,
  ])
}
