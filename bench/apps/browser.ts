/** A browser, as far as a sign-in needs one: it keeps cookies and leaves redirects to its user. */
import { send } from './http.ts'
import { ISSUER } from './provider.ts'
import type { Answer } from './steps.ts'

type Headers = Readonly<Record<string, string>>

export class Browser {
  readonly #cookies = new Map<string, string>()
  readonly #url: string
  readonly #headers: Headers

  constructor(url: string, headers: Headers = {}) {
    this.#url = url
    this.#headers = headers
  }

  get cookie(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  open(address: string, headers: Headers = {}): Promise<Answer> {
    return this.#send(address, headers)
  }

  post(address: string, body: string, headers: Headers): Promise<Answer> {
    return this.#send(address, headers, body)
  }

  async #send(address: string, more: Headers, body?: string): Promise<Answer> {
    // The provider knows itself by its issuer, which is not where it listens.
    const { pathname, search } = new URL(address, ISSUER)
    const headers = {
      ...this.#headers,
      ...more,
      ...(this.#cookies.size > 0 && { cookie: this.cookie }),
      ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }),
    }
    const answer = await send(this.#url, {
      method: body === undefined ? 'GET' : 'POST',
      path: `${pathname}${search}`,
      headers,
      ...(body !== undefined && { body }),
    })
    for (const line of answer.setCookies) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '') this.#cookies.delete(name)
      else this.#cookies.set(name, value)
    }
    return answer
  }
}
