/** Users with a second factor, through the API alone. They need a stopped clock (stopClock). */
import { type CallOptions, post, type Reply, said } from './api'
import { pass } from './clock'
import { codeAt, STEP_MS, wrongCode } from './totp'
import { PASSWORD, signedInUser, type SignedInUser, type User } from './users'
import { postSignIn } from './users-by-api'

export interface UserWithSecondFactor extends SignedInUser {
  secret: string
  recoveryCodes: string[]
}

/** An unused code. Each time step is valid once, so it takes the next one. */
export async function freshCode({ secret }: { secret: string }): Promise<string> {
  pass(STEP_MS)
  return codeAt(secret)
}

export const setUp = (who: { token: string; password: string }): Promise<Reply> =>
  post('/api/v1/users/2fa/setup', { password: who.password }, { token: who.token })

export const enable = (who: { token: string }, code: unknown): Promise<Reply> =>
  post('/api/v1/users/2fa/enable', { code }, { token: who.token })

export const disable = (who: { token: string }, factor: object): Promise<Reply> =>
  post('/api/v1/users/2fa/disable', { password: PASSWORD, ...factor }, { token: who.token })

/** A signed-in user with the second factor on; the session is the one that turned it on. */
export async function userWithSecondFactor(
  more: { remember_me?: boolean } = {},
): Promise<UserWithSecondFactor> {
  const user = await signedInUser(more)
  const { secret } = ok(await setUp(user)).body
  const { recovery_codes: recoveryCodes } = ok(await enable(user, await freshCode({ secret }))).body
  return { ...user, secret, recoveryCodes }
}

/** The password step: returns the challenge for a correct password. */
export async function challengeOf(
  user: User,
  more: object = {},
  options: CallOptions = {},
): Promise<string> {
  const { body } = ok(await postSignIn(user, more, options))
  if (body.requires_2fa !== true) throw new Error(`no challenge: ${JSON.stringify(body)}`)
  return body.challenge_token
}

/** The second step. */
export const verify = (challenge_token: string, factor: object, options: CallOptions = {}) =>
  post('/api/v1/auth/2fa/verify', { challenge_token, ...factor }, options)

/** Both steps, with a fresh code. */
export async function signInWithFactor(
  user: UserWithSecondFactor,
  more: object = {},
): Promise<Reply> {
  const challenge = await challengeOf(user, more)
  return verify(challenge, { code: await freshCode(user) })
}

/**
 * Enters twenty wrong codes: ten, then the lockout passes, then ten more. From new networks by
 * default.
 */
export async function failTwenty(
  user: UserWithSecondFactor,
  options: CallOptions = {},
): Promise<void> {
  for (const wait of [0, 15 * 60_000]) {
    pass(wait)
    const code = await wrongCode(user.secret)
    for (const challenge of [await challengeOf(user), await challengeOf(user)]) {
      for (let n = 0; n < 5; n++) {
        const reply = await verify(challenge, { code }, options)
        if (reply.body.code !== 'invalid_2fa_code') throw new Error(said(reply))
      }
    }
  }
}

export function ok(reply: Reply): Reply {
  if (reply.status >= 300) throw new Error(`${reply.status} ${JSON.stringify(reply.body)}`)
  return reply
}
