/**
 * Verified users written straight into D1, in a tenth of the time that a registration takes: for
 * tests that start after that. Their first session is opened as a sign-in opens it, from an unknown
 * device.
 */
import { env } from 'cloudflare:workers'
import { NO_CLIENT } from '../../src/context'
import { hashSettings } from '../../src/credentials/hash-settings'
import { randomId } from '../../src/crypto/encoding'
import { hashPassword } from '../../src/crypto/password-hash'
import { completeSignIn } from '../../src/sign-in/complete'
import { accountByEmail } from '../../src/users/account'
import { freshIp } from './api'
import { DAY } from './clock'
import { depsFor } from './deps'
import { freshEmail, PASSWORD, type Person, type SignedInPerson } from './people'

let hash: Promise<string> | undefined

/** A user as if just registered and verified. */
export async function verifiedMember(): Promise<Person> {
  hash ??= hashPassword(hashSettings(depsFor().config), PASSWORD)
  const [email, now] = [freshEmail(), Date.now()]
  const [, , found] = await env.DB.batch<{ id: number }>([
    env.DB.prepare(
      `INSERT INTO users (subject, email, email_key, full_name, hashed_password, email_verified_at,
        password_changed_at, password_expires_at, origin, created_at, updated_at)
       VALUES (?1, ?2, ?2, 'Ada Lovelace', ?3, ?4, ?4, ?5, 'registered', ?4, ?4)`,
    ).bind(randomId(), email, await hash, now, now + 90 * DAY),
    env.DB.prepare(
      `INSERT INTO user_roles (user_id, role_id, assigned_at) SELECT u.id, r.id, ?2
       FROM users u JOIN roles r ON r.name = 'user' WHERE u.email_key = ?1`,
    ).bind(email, now),
    env.DB.prepare('SELECT id FROM users WHERE email_key = ?').bind(email),
  ])
  return { id: found?.results[0]?.id ?? 0, email, password: PASSWORD }
}

export async function signedInMember(more: { remember_me?: true } = {}): Promise<SignedInPerson> {
  const person = await verifiedMember()
  const deps = depsFor({ client: { ...NO_CLIENT, ip: freshIp() } })
  const account = await accountByEmail(deps, person.email)
  if (!account) throw new Error('the member was not stored')
  const rememberMe = more.remember_me ?? false
  const opened = await completeSignIn(deps, account, { rememberMe, method: 'password' })
  return {
    ...person,
    token: opened.access_token,
    sessionId: opened.session_id,
    refreshToken: opened.refresh_token,
  }
}
