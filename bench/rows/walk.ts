/** One walk through the API: who walks, and how a request is asked, measured and named. */
import { TOTP } from 'otpauth'
import type { Asker, Cost } from './cost.ts'

export const PASSWORD = 'Correct-Horse-7'
export const API = '/api/v1'
const STEP_MS = 30_000

export interface Story {
  readonly client: Asker
  /** A name that nobody has yet, for this walk. */
  readonly tag: string
  readonly adminToken: string
  /** The beginning of a name that many have. */
  readonly search: string
  readonly record: (name: string, cost: Cost) => void
}

export interface Asked {
  body?: unknown
  /** A token; the walker's own unless another's is given. */
  by?: string
  path?: string
  /** The page that the mail to wait for has a link to. */
  mail?: string
}

export interface Login {
  access_token: string
  refresh_token: string
  session_id: string
  challenge_token: string
}

export interface Walk {
  readonly email: string
  readonly adminToken: string
  readonly search: string
  /** The current session's token, and the user's own id. */
  token: string
  id: number
  /** Asks and measures. Throws when the answer is not a success. */
  ask<T = Record<string, never>>(name: string, asked?: Asked): Promise<T & { mailed: string }>
  /** Asks without measuring. */
  prepare<T = Record<string, never>>(method: string, path: string, asked?: Asked): Promise<T>
  login(password: string, email?: string): Promise<Login>
  /** Somebody else, unverified; returns the id and the token in the mail with a link to this page. */
  register(email: string, page: string): Promise<{ id: number; mailed: string }>
}

/** Named as `METHOD /path` below `/api/v1`; a second case of one path says which behind it. */
export function walkOf({ client, tag, adminToken, search, record }: Story): Walk {
  const walk: Walk = {
    email: `${tag}@example.com`,
    adminToken,
    search,
    token: '',
    id: 0,
    async ask<T>(name: string, { body, by = walk.token, path, mail }: Asked = {}) {
      const [method = '', route = ''] = name.split(' ')
      // Whatever an isolate keeps for some seconds is fresh: otherwise chance would decide who pays for it.
      await client.call('GET', `${API}/users/permissions`, undefined, adminToken)
      await client.call('GET', `${API}/users/apps`, undefined, adminToken)
      const { cost, text } = await client.cost(() =>
        client.call(method, path ?? `${API}${route}`, body, by),
      )
      if (cost.status >= 300) throw new Error(`${name}: ${cost.status} ${text.slice(0, 500)}`)
      record(name, cost)
      const mailed = mail ? await client.mailedToken(mail) : ''
      return { ...(objectIn(text) as T), mailed }
    },
    async prepare<T>(method: string, path: string, { body, by = walk.token }: Asked = {}) {
      const response = await client.call(method, `${API}${path}`, body, by)
      const text = await response.text()
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
      return objectIn(text) as T
    },
    login: (password, email = walk.email) =>
      walk.prepare('POST', '/auth/login', {
        body: { username: email, password, remember_me: true },
        by: '',
      }),
    async register(email, page) {
      const body = { email, password: PASSWORD, full_name: 'Barbara Liskov' }
      const { id } = await walk.prepare<{ id: number }>('POST', '/auth/register', { body, by: '' })
      return { id, mailed: await client.mailedToken(page) }
    },
  }
  return walk
}

/** The second factor's code of now, or of so many steps later. */
export const codeOf = (secret: string, steps = 0): string =>
  new TOTP({ secret }).generate({ timestamp: Date.now() + steps * STEP_MS })

const objectIn = (text: string): unknown =>
  text.startsWith('{') && !text.includes('\n') ? JSON.parse(text) : {}
