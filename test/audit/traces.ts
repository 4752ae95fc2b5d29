/** How to do one thing that changes something, and which events it is to leave in the log. */
import { env } from 'cloudflare:workers'
import { beforeAll } from 'vitest'
import { loadConfig } from '../../src/config'
import type { EventName } from '../../src/events'
import { call, post, type Reply } from '../support/api'
import { pass, SECOND } from '../support/clock'
import { ok } from '../support/second-factor'
import {
  freshEmail,
  makeUser,
  PASSWORD,
  sessionOf,
  type SignedInUser,
  signedInUser,
  type User,
} from '../support/users'
import { postSignIn } from '../support/users-by-api'

export const API = '/api/v1'
export const FULL_NAME = 'Ada Lovelace'

/** What was answered, and which rows of the log are about it: a target, or a word in the data. */
export interface Done {
  readonly reply: Reply
  readonly about: number | string
}
export type Trace =
  | { readonly leaves: readonly EventName[]; readonly by: () => Promise<Done> }
  | { readonly leavesNothing: string }

export const trace = (leaves: EventName | EventName[], by: () => Promise<Done>): Trace => ({
  leaves: [leaves].flat(),
  by,
})

/** The first admin, made by the setup. */
export let admin: SignedInUser
export const setUpReply = { status: 0, body: {} as Reply['body'] }
export const withFirstAdmin = () =>
  beforeAll(async () => {
    const { SETUP_TOKEN } = loadConfig(env)
    const email = freshEmail()
    const account = { token: SETUP_TOKEN, email, password: PASSWORD, full_name: FULL_NAME }
    const { status, body } = await post(`${API}/setup`, account)
    Object.assign(setUpReply, { status, body })
    const user: User = { id: body.id, email, password: PASSWORD }
    const answer = ok(await postSignIn(user)).body
    admin = { ...user, ...sessionOf(answer) }
  })

/** Signs the first admin in again, after what revokes every session. */
export async function admitAdminAgain(): Promise<void> {
  // The walk that revokes every session revokes those opened up to its instant.
  pass(SECOND)
  const { body } = ok(await postSignIn(admin))
  Object.assign(admin, sessionOf(body))
}

export const asAdmin = (method: string, path: string, body?: unknown): Promise<Reply> =>
  call(method, `${API}/admin${path}`, body, { token: admin.token })

/** A user whom an admin does something to. */
export const toSomebody = (
  leaves: EventName | EventName[],
  method: string,
  path: string,
  body?: unknown,
  make: () => Promise<User> = makeUser,
): Trace =>
  trace(leaves, async () => {
    const { id } = await make()
    return { reply: await asAdmin(method, `/users/${id}${path}`, body), about: id }
  })

/** A user who does something signed in. */
export const signedIn = <P extends SignedInUser = SignedInUser>(
  leaves: EventName | EventName[],
  act: (who: P) => Promise<Reply>,
  make: () => Promise<P> = signedInUser as () => Promise<P>,
): Trace =>
  trace(leaves, async () => {
    const who = await make()
    return { reply: await act(who), about: who.id }
  })

export async function invited(): Promise<User> {
  const email = freshEmail()
  const { body } = ok(await asAdmin('POST', '/users', { email, full_name: FULL_NAME }))
  return { id: body.id, email, password: PASSWORD }
}

let names = 0
export const freshName = (): string => `thing-${(names += 1)}`
export async function role(): Promise<string> {
  const name = freshName()
  ok(await asAdmin('POST', '/roles', { name }))
  return name
}
export async function permission(): Promise<string> {
  const name = `${freshName()}:read`
  ok(await asAdmin('POST', '/permissions', { name }))
  return name
}
