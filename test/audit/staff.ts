/** Staff of one permission: what an admin may, who is none. */
import { insertRow, rowsOf } from '../db/rows'
import { postSignIn, type SignedInPerson, verifiedPerson } from '../support/people'

/** Roles `staff-users` and `staff-system`, to be made before the first request reads the role map. */
export async function makeStaffRoles(): Promise<void> {
  for (const [n, permission] of ['admin:users', 'admin:system'].entries()) {
    const id = 900 + n
    await insertRow('roles', { id, name: permission.replace('admin:', 'staff-'), created_at: 0 })
    await rowsOf(
      'INSERT INTO role_permissions SELECT ?, id FROM permissions WHERE name = ?',
      id,
      permission,
    )
  }
}

/** Somebody who is signed in and holds a role. */
export async function signedInAs(role: string): Promise<SignedInPerson> {
  const person = await verifiedPerson()
  await rowsOf(
    'INSERT INTO user_roles (user_id, role_id, assigned_at) SELECT ?, id, 0 FROM roles WHERE name = ? ON CONFLICT DO NOTHING',
    person.id,
    role,
  )
  const { body } = await postSignIn(person)
  return {
    ...person,
    token: body.access_token,
    sessionId: body.session_id,
    refreshToken: null,
  }
}
