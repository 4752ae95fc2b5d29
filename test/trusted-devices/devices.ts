/** Trusted browsers through the API. They need a stopped clock (stopClock). */
import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import type { TrustedDeviceView } from '../../src/sessions/own-trusted-devices'
import type { CallOptions, Reply } from '../support/api'
import {
  challengeOf,
  freshCode,
  ok,
  type UserWithSecondFactor,
  userWithSecondFactor,
  verify,
} from '../support/second-factor'
import type { User } from '../support/users'
import { postSignIn } from '../support/users-by-api'

/** Signs in by both steps and trusts the browser. Returns its token. */
export async function trustBrowser(
  user: UserWithSecondFactor,
  options: CallOptions = {},
): Promise<string> {
  const factor = { code: await freshCode(user), trust_device: true }
  const { body } = ok(await verify(await challengeOf(user), factor, options))
  if (typeof body.device_token !== 'string') throw new Error(JSON.stringify(body))
  return body.device_token
}

export async function userWithTrustedBrowser() {
  const ada = await userWithSecondFactor()
  return { ...ada, deviceToken: await trustBrowser(ada) }
}

/** The first step in a browser with a token. */
export const signInWith = (
  user: User,
  device_token: string,
  options: CallOptions = {},
): Promise<Reply> => postSignIn(user, { device_token }, options)

/** What a sign-in came to: a session without a second step, or a challenge. */
export const outcome = ({ status, body }: Reply): string =>
  body.access_token ? 'signed in' : body.requires_2fa ? 'asked' : `${status} ${body.code}`

export const listOf = async ({ asks }: Pick<UserWithSecondFactor, 'asks'>) =>
  (await asks('GET', '/users/trusted-devices')).body.items as TrustedDeviceView[]

/** The events of trust that the user's object has recorded, with their data. */
export const inObject = <T>(subject: string, read: (sql: SqlStorage) => T): Promise<T> =>
  runInDurableObject(env.USER_SESSIONS.getByName(subject), (_, { storage }) => read(storage.sql))
