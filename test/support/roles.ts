/** Roles that are not there from the start, and who holds the built-in ones. */
import { env } from 'cloudflare:workers'

/** Creates a role. Must run before the first request reads the role map. */
export async function makeRole(name: string, ...permissions: string[]): Promise<void> {
  await env.DB.batch([
    env.DB.prepare('INSERT INTO roles (name, created_at) VALUES (?, 0)').bind(name),
    env.DB.prepare(
      `INSERT INTO role_permissions SELECT roles.id, permissions.id FROM roles, permissions
       WHERE roles.name = ? AND permissions.name IN (SELECT value FROM json_each(?))`,
    ).bind(name, JSON.stringify(permissions)),
  ])
}

/** Roles of one permission each: `staff-users` and `staff-system`. */
export async function makeStaffRoles(): Promise<void> {
  await makeRole('staff-users', 'admin:users')
  await makeRole('staff-system', 'admin:system')
}

/** Removes the role `admin` from all users except those given. */
export const onlyAdmins = (...ids: number[]): Promise<unknown> =>
  env.DB.prepare(
    `DELETE FROM user_roles WHERE role_id = (SELECT id FROM roles WHERE name = 'admin')
     AND user_id NOT IN (SELECT value FROM json_each(?))`,
  )
    .bind(JSON.stringify(ids))
    .run()
