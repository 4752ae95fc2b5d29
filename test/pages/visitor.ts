/** A browser, as far as the pages can tell: cookies, forms posted from our own pages, no redirects followed. */
import { exports } from 'cloudflare:workers'
import { freshIp } from '../support/api'
import { mailTo, tokenIn } from '../support/mailbox'
import { freshEmail, makeUser, PASSWORD, type User } from '../support/users'

const BASE = 'http://localhost:8787'

export interface Shown {
  status: number
  headers: Headers
  html: string
  /** Where it leads, if anywhere. */
  to: string | null
}

export class Visitor {
  readonly cookies = new Map<string, string>()
  /** What the last answer set, as sent. */
  setCookies: string[] = []

  async open(path: string, headers: Record<string, string> = {}): Promise<Shown> {
    return this.#send(path, { headers })
  }

  async post(
    path: string,
    fields: Record<string, string> = {},
    headers: Record<string, string> = { 'sec-fetch-site': 'same-origin' },
  ): Promise<Shown> {
    return this.#send(path, { method: 'POST', body: new URLSearchParams(fields), headers })
  }

  /** Follows what an answer leads to, to its end. */
  async follow(shown: Shown): Promise<Shown> {
    let at = shown
    for (let i = 0; at.to !== null && i < 5; i++) at = await this.open(at.to)
    return at
  }

  async #send(path: string, init: RequestInit): Promise<Shown> {
    const headers = new Headers(init.headers)
    if (!headers.has('cf-connecting-ip')) headers.set('cf-connecting-ip', freshIp())
    if (!headers.has('accept')) headers.set('accept', 'text/html,application/xhtml+xml')
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    if (cookie !== '') headers.set('cookie', cookie)
    const response = await exports.default.fetch(`${BASE}${path}`, {
      redirect: 'manual',
      ...init,
      headers,
    })
    this.setCookies = response.headers.getSetCookie()
    for (const line of this.setCookies) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '') this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
    return {
      status: response.status,
      headers: response.headers,
      html: await response.text(),
      to: response.headers.get('location'),
    }
  }
}

/** Signs in by the form; where that leads is returned. */
export const signIn = (
  visitor: Visitor,
  person: Pick<User, 'email' | 'password'>,
  more: Record<string, string> = {},
  next = '',
): Promise<Shown> =>
  visitor.post(`/sign-in${next}`, { email: person.email, password: person.password, ...more })

/** A user who has signed up and verified their address through the pages. */
export async function signedUp(): Promise<User & { visitor: Visitor }> {
  const visitor = new Visitor()
  const email = freshEmail()
  await visitor.post('/sign-up', { full_name: 'Ada Lovelace', email, password: PASSWORD })
  const token = tokenIn(await mailTo(email), '/verify-email')
  const done = await visitor.post('/verify-email', { token })
  if (done.status !== 303) throw new Error(`verify-email: ${done.status} ${done.html}`)
  return { id: 0, email, password: PASSWORD, visitor }
}

/** A user and their browser, signed in by the form. */
export async function signedIn(fullName?: string): Promise<User & { visitor: Visitor }> {
  const visitor = new Visitor()
  const user = await makeUser(fullName === undefined ? {} : { fullName })
  const shown = await signIn(visitor, user)
  if (shown.status !== 303) throw new Error(`sign-in: ${shown.status} ${shown.html}`)
  return { ...user, visitor }
}

/** The text of an element by its attributes, tags and all; undefined when there is none. */
export const part = (html: string, pattern: RegExp): string | undefined => pattern.exec(html)?.[1]
