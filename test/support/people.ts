/** Users for tests: registered, verified and signed in through the API alone. */
import { call, type CallOptions, post, type Reply } from './api'
import { mailTo, tokenIn } from './mailbox'

export const PASSWORD = 'Correct-Horse-7'
let people = 0

/** An address that no other user in this file has. */
export const freshEmail = (): string => {
  people += 1
  return `person${people}-${crypto.randomUUID().slice(0, 8)}@example.com`
}

export interface Person {
  id: number
  email: string
  password: string
}

export async function registerPerson(email = freshEmail()): Promise<Person> {
  const reply = await post('/api/v1/auth/register', {
    email,
    password: PASSWORD,
    full_name: 'Ada Lovelace',
  })
  if (reply.status !== 201) throw new Error(`register: ${JSON.stringify(reply.body)}`)
  return { id: reply.body.id, email, password: PASSWORD }
}

export async function verifiedPerson(email?: string): Promise<Person> {
  const person = await registerPerson(email)
  const token = tokenIn(await mailTo(person.email), '/verify-email')
  const reply = await post('/api/v1/auth/verify-email', { token })
  if (reply.status !== 200) throw new Error(`verify: ${JSON.stringify(reply.body)}`)
  return person
}

export const postSignIn = (
  person: Person,
  more: object = {},
  options: CallOptions = {},
): Promise<Reply> =>
  post(
    '/api/v1/auth/login',
    { username: person.email, password: person.password, ...more },
    options,
  )

export interface SignedInPerson extends Person {
  token: string
  sessionId: string
  refreshToken: string | null
}

export async function signedInPerson(more: object = {}): Promise<SignedInPerson> {
  const person = await verifiedPerson()
  const reply = await postSignIn(person, more)
  if (reply.status !== 200) throw new Error(`sign-in: ${JSON.stringify(reply.body)}`)
  return {
    ...person,
    token: reply.body.access_token,
    sessionId: reply.body.session_id,
    refreshToken: reply.body.refresh_token,
  }
}

export const session = (token: string): Promise<Reply> =>
  call('GET', '/api/v1/auth/session', undefined, { token })
