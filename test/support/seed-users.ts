/** Thousands of users, written straight into the tables; triggers index and count them. */
import { env } from 'cloudflare:workers'

const MODERATOR = 3
const A_STATEMENT = 5000

/**
 * Creates users with the ids from + 1 to `to`, all with the role `user`; every tenth is pending.
 * Some kinds stay rare: 30 deactivated users and 30 moderators, 10 of whom are both, among the
 * first hundred.
 */
export async function seedUsers(from: number, to: number): Promise<void> {
  for (let start = from; start < to; start += A_STATEMENT) {
    const end = Math.min(start + A_STATEMENT, to)
    await env.DB.batch([
      env.DB.prepare(
        `INSERT INTO users (id, subject, email, email_key, full_name, origin, email_verified_at,
           deactivated_at, created_at, updated_at)
         WITH RECURSIVE n(i) AS (SELECT ?1 + 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
         SELECT i, printf('seeded-%015d', i), printf('p%06d@example.com', i * 7919 % 1000003),
           printf('p%06d@example.com', i * 7919 % 1000003),
           printf('Name%06d Common%d', i * 104729 % 1000003, i % 7), 'imported',
           iif(i % 10 = 0, NULL, 1), iif(i BETWEEN 21 AND 50, 1, NULL), 0, 0 FROM n`,
      ).bind(start, end),
      env.DB.prepare(
        'INSERT INTO user_roles (user_id, role_id, assigned_at) SELECT id, 1, 0 FROM users WHERE id > ?1 AND id <= ?2',
      ).bind(start, end),
      env.DB.prepare(
        'INSERT INTO user_roles (user_id, role_id, assigned_at) SELECT id, ?3, 0 FROM users WHERE id > ?1 AND id <= ?2 AND id BETWEEN 41 AND 70',
      ).bind(start, end, MODERATOR),
    ])
  }
}
