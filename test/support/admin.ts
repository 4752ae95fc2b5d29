/** A signed-in admin. The role is written to D1 before the sign-in. */
import { env } from 'cloudflare:workers'
import { postSignIn, type SignedInPerson, verifiedPerson } from './people'

export async function signedInAdmin(): Promise<SignedInPerson> {
  const person = await verifiedPerson()
  await env.DB.prepare(
    "INSERT INTO user_roles (user_id, role_id, assigned_at) SELECT ?, id, 0 FROM roles WHERE name = 'admin'",
  )
    .bind(person.id)
    .run()
  const reply = await postSignIn(person)
  if (reply.status !== 200) throw new Error(`sign-in: ${JSON.stringify(reply.body)}`)
  return {
    ...person,
    token: reply.body.access_token,
    sessionId: reply.body.session_id,
    refreshToken: null,
  }
}
