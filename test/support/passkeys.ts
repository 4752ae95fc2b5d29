/** Passkeys through the API alone, made and used by a software authenticator. */
import { env } from 'cloudflare:workers'
import { randomId } from '../../src/crypto/encoding'
import { post, type Reply } from './api'
import { SoftwareAuthenticator } from './authenticator'
import { mailTo, tokenIn } from './mailbox'
import { ok } from './second-factor'
import { signedInUser, type Made, type SignedInUser } from './users'

type Authenticator = SoftwareAuthenticator
type HowToCreate = Parameters<Authenticator['create']>[1]
type HowToUse = Parameters<Authenticator['get']>[1]
type Asked = { status: number; body: any }

/** PUBLIC_URL of the tests. */
export const ORIGIN = 'http://localhost:8787'

/** One that cannot be copied by its maker's cloud, and counts. */
export const deviceBound = () =>
  new SoftwareAuthenticator({ isBackupEligible: false, isBackedUp: false, signCount: 1 })

/** Asks for a challenge and makes a passkey; returns what the browser would send. */
export async function created(
  who: Pick<SignedInUser, 'asks'>,
  authenticator: Authenticator,
  how: Partial<HowToCreate> = {},
  options: object = {},
) {
  const { body } = ok(await who.asks('POST', '/users/passkeys/options', options))
  const credential = await authenticator.create(body.publicKey, { origin: ORIGIN, ...how })
  return { challenge_token: body.challenge_token as string, credential }
}

/** Adds a passkey with a device of its own. */
export async function addPasskey(
  who: Pick<SignedInUser, 'asks'>,
  authenticator = new SoftwareAuthenticator(),
  more: object = {},
): Promise<Reply> {
  return who.asks('POST', '/users/passkeys', { ...(await created(who, authenticator)), ...more })
}

export interface UserWithPasskey extends SignedInUser {
  readonly authenticator: Authenticator
  readonly passkeyId: string
  readonly recoveryCodes: string[]
}

export async function userWithPasskey(
  made: Made = {},
  authenticator = new SoftwareAuthenticator(),
): Promise<UserWithPasskey> {
  const user = await signedInUser(made)
  const { passkey, recovery_codes } = ok(await addPasskey(user, authenticator)).body
  return { ...user, authenticator, passkeyId: passkey.id, recoveryCodes: recovery_codes }
}

/** The row of a passkey, for a user who never uses it. Returns its id. */
export async function storedPasskey(userId: number): Promise<string> {
  const id = randomId()
  await env.DB.prepare(
    `INSERT INTO passkeys VALUES (?, ?, ?, '{}', -7, 'localhost', 'Laptop',
      '00000000-0000-0000-0000-000000000000', '[]', 0, 1, 1, 1, 0)`,
  )
    .bind(id, userId, randomId())
    .run()
  return id
}

/** Uses a passkey for options that the API answered. */
export async function used(
  { body }: Asked,
  authenticator: Authenticator,
  how: Partial<HowToUse> = {},
) {
  const credential = await authenticator.get(body.publicKey, { origin: ORIGIN, ...how })
  return { challenge_token: body.challenge_token as string, credential }
}

export const signInOptions = () => post('/api/v1/auth/passkey/options')

/** What a browser sends to sign in. */
export const assertion = async (authenticator: Authenticator, how: Partial<HowToUse> = {}) =>
  used(ok(await signInOptions()), authenticator, how)

export const present = (sent: object, more: object = {}) =>
  post('/api/v1/auth/passkey/verify', { ...sent, ...more })

/** A whole sign-in. */
export const signInByPasskey = async (
  authenticator: Authenticator,
  how: Partial<HowToUse> = {},
): Promise<Reply> => present(await assertion(authenticator, how))

/** The response of a passkey to the options of a second step. */
export async function secondStep(
  challenge_token: string,
  authenticator: Authenticator,
  how: Partial<HowToUse> = {},
) {
  const options = ok(await post('/api/v1/auth/2fa/passkey/options', { challenge_token }))
  return used(options, authenticator, how)
}

/** The token of the newest link that removes what was added. Other emails may have come later, or before. */
export async function undoToken(address: string): Promise<string> {
  const path = '/undo-sign-in-method'
  return tokenIn(await mailTo(address, 1, ({ text }) => text.includes(path)), path)
}

export const undo = (token: string) => post('/api/v1/auth/undo-sign-in-method', { token })
