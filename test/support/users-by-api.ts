/**
 * Users who come through the API alone: for tests of registration, verification and sign-in, and of
 * the mails, tokens and events that these leave behind. All others take makeUser, which is quicker.
 */
import { call, type CallOptions, post, type Reply } from './api'
import { mailTo, tokenIn } from './mailbox'
import { freshEmail, PASSWORD, sessionOf, type SignedInUser, type User } from './users'

/** A user who has registered and not yet verified their address. */
export async function registerByApi(email = freshEmail()): Promise<User> {
  const reply = await post('/api/v1/auth/register', {
    email,
    password: PASSWORD,
    full_name: 'Ada Lovelace',
  })
  if (reply.status !== 201) throw new Error(`register: ${JSON.stringify(reply.body)}`)
  return { id: reply.body.id, email, password: PASSWORD }
}

/** A user who has registered and verified their address. */
export async function verifyByApi(email?: string): Promise<User> {
  const user = await registerByApi(email)
  const token = tokenIn(await mailTo(user.email), '/verify-email')
  const reply = await post('/api/v1/auth/verify-email', { token })
  if (reply.status !== 200) throw new Error(`verify: ${JSON.stringify(reply.body)}`)
  return user
}

/** A user who has registered, verified their address and signed in. */
export async function signInByApi(more: object = {}): Promise<SignedInUser> {
  const user = await verifyByApi()
  const reply = await postSignIn(user, more)
  if (reply.status !== 200) throw new Error(`sign-in: ${JSON.stringify(reply.body)}`)
  return { ...user, ...sessionOf(reply.body) }
}

export const postSignIn = (
  user: User,
  more: object = {},
  options: CallOptions = {},
): Promise<Reply> =>
  post('/api/v1/auth/login', { username: user.email, password: user.password, ...more }, options)

export const session = (token: string): Promise<Reply> =>
  call('GET', '/api/v1/auth/session', undefined, { token })
