/** Admins of each strength, and how they prove who they are. They need a stopped clock (stopClock). */
import { expect } from 'vitest'
import { type Reply, said } from '../support/api'
import { pass, STEP_UP_MS } from '../support/clock'
import { type UserWithPasskey, used, userWithPasskey } from '../support/passkeys'
import {
  freshCode,
  ok,
  type UserWithSecondFactor,
  userWithSecondFactor,
} from '../support/second-factor'
import { PASSWORD, type SignedInUser, staff } from '../support/users'

export interface Prover extends SignedInUser {
  /** The proof that is enough. */
  readonly right: () => Promise<object>
  /** What `step_up.methods` lists. */
  readonly methods: readonly string[]
}

export const stepUp = (who: Pick<SignedInUser, 'asks'>, proof: object): Promise<Reply> =>
  who.asks('POST', '/auth/step-up', proof)

/** A response of the user's passkey to the options of a step-up. */
export async function passkeyProof(
  { authenticator, asks }: Pick<UserWithPasskey, 'authenticator' | 'asks'>,
  how: Parameters<typeof used>[2] = {},
) {
  const options = ok(await asks('POST', '/auth/step-up/passkey/options'))
  return { passkey: await used(options, authenticator, how) }
}

async function withRole<U extends SignedInUser>(user: U): Promise<U> {
  const root = await staff('admin')
  ok(await root.asks('POST', `/admin/users/${user.id}/roles`, { role: 'admin' }))
  return user
}

export async function adminWithPassword(): Promise<Prover> {
  const user = await staff('admin')
  return { ...user, right: async () => ({ password: PASSWORD }), methods: ['password'] }
}

export async function adminWithSecondFactor(): Promise<Prover & UserWithSecondFactor> {
  const user = await withRole(await userWithSecondFactor())
  const right = async () => ({ code: await freshCode(user) })
  return { ...user, right, methods: ['code', 'recovery_code'] }
}

export async function adminWithPasskey(): Promise<Prover & UserWithPasskey> {
  const user = await withRole(await userWithPasskey())
  return { ...user, right: () => passkeyProof(user), methods: ['passkey', 'recovery_code'] }
}

/** Lets every proof of before grow old. */
export const growStale = (): void => {
  pass(STEP_UP_MS)
}

export function expectRefused(reply: Reply, methods: readonly string[]): void {
  expect(said(reply)).toBe('403 step_up_required')
  expect(reply.body.step_up).toEqual({ max_age: 600, methods })
  expect(reply.headers.get('www-authenticate')).toMatch(
    /^Bearer error="insufficient_user_authentication", error_description="[^"]+", max_age=600$/,
  )
}
