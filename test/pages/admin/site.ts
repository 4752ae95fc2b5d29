/** The console as a browser sees it: a session cookie, forms with their Origin, and pages as text. */
import { env } from 'cloudflare:workers'
import { loadConfig } from '../../../src/config'
import { signToken } from '../../../src/crypto/signed-token'
import { type Reply, send } from '../../support/api'
import { makeRole } from '../../support/roles'
import { type SignedInUser, signedInUser } from '../../support/users'

const ORIGIN = 'http://localhost:8787'

export interface Visit {
  readonly who: SignedInUser
  readonly cookie: string
  readonly open: (path: string, headers?: Record<string, string>) => Promise<Reply<string>>
  /** Posts a form as our own page does; `headers` may change what the browser says. */
  readonly submit: (
    path: string,
    fields?: Record<string, string | readonly string[]>,
    headers?: Record<string, string>,
  ) => Promise<Reply<string>>
  /** Where a POST leads, and what is said there. */
  readonly follow: (reply: Reply<string>) => Promise<Reply<string>>
}

/** Somebody who holds these roles, signed in with a browser. */
export const visitor = async (...roles: string[]): Promise<Visit> =>
  browserOf(await signedInUser({ roles, fullName: 'Grace Hopper' }))

async function browserOf(who: SignedInUser): Promise<Visit> {
  const payload = { subject: who.subject, sid: who.sessionId }
  const session = `gatehouse=${await signToken(loadConfig(env).TOKEN_KEYS, 'page', payload)}`
  let jar = session
  const open = (path: string, headers: Record<string, string> = {}) =>
    send(path, { headers: { cookie: jar, ...headers }, redirect: 'manual' })
  return {
    who,
    cookie: session,
    open,
    submit: (path, fields = {}, headers = { 'sec-fetch-site': 'same-origin' }) => {
      const body = new URLSearchParams()
      for (const [name, value] of Object.entries(fields)) {
        for (const each of [value].flat()) body.append(name, each)
      }
      return send(path, {
        method: 'POST',
        headers: {
          cookie: session,
          'content-type': 'application/x-www-form-urlencoded',
          ...headers,
        },
        body: body.toString(),
        redirect: 'manual',
      })
    },
    follow: async (reply) => {
      const set = reply.headers.getSetCookie().map((cookie) => cookie.split(';')[0])
      jar = [session, ...set].join('; ')
      const next = await open(reply.headers.get('location') ?? '/nowhere')
      jar = session
      return next
    },
  }
}

export const FOREIGN = [
  { 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': 'same-site' },
  { origin: 'https://evil.example' },
  {},
] as const
export const OWN = [{ 'sec-fetch-site': 'same-origin' }, { origin: ORIGIN }] as const

/** Roles of one permission each: what an admin may, who is none. */
export async function makeStaffRoles(): Promise<void> {
  await makeRole('support', 'read:own', 'write:own', 'admin:users')
  await makeRole('operator', 'read:own', 'write:own', 'admin:system')
}

/** The alert of a page, in plain text. */
export const alertOf = ({ body }: Reply<string>): string | undefined =>
  /<p class="alert"[^>]*>.*?<span>(.*?)<\/span>/s.exec(body)?.[1]

export const flashOf = ({ body }: Reply<string>): string | undefined =>
  /<p class="flash"[^>]*>.*?<span>(.*?)<\/span>/s.exec(body)?.[1]
