/** A browser for Node, as far as our pages can tell: cookies, forms and redirects within the service. */
import { PASSWORD } from './running-service.ts'

export class Browser {
  readonly #cookies = new Map<string, string>()

  readonly base: string

  constructor(base: string) {
    this.base = base
  }

  /** Follows redirects and pages that lead on, as long as they stay in the service. */
  async open(path: string): Promise<Opened> {
    return this.#follow(await this.#send(path, {}))
  }

  async post(path: string, fields: Record<string, string>): Promise<Opened> {
    const body = new URLSearchParams(fields)
    return this.#follow(await this.#send(path, { method: 'POST', body }))
  }

  /** Signs in where the page asks for it, allows what it asks, and says where the app hears of it. */
  async authorize(url: string | URL, email: string): Promise<URL> {
    let at = await this.open(new URL(url).href.slice(this.base.length))
    if (at.path.startsWith('/sign-in')) {
      at = await this.post(at.path, { email, password: PASSWORD })
    }
    // The offer of a passkey.
    if (at.path.startsWith('/welcome')) {
      at = await this.open(new URL(at.path, this.base).searchParams.get('next') ?? '/')
    }
    const [, consent, form = ''] =
      /<form method="post" action="(\/oauth\/consent[^"]*)"([^]*?)<\/form>/.exec(at.html) ?? []
    if (consent !== undefined) {
      const hidden = form.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)
      const fields = Object.fromEntries(
        [...hidden].map(([, name = '', value = '']) => [name, unescaped(value)]),
      )
      at = await this.post(unescaped(consent), { ...fields, decision: 'allow' })
    }
    if (!at.elsewhere) throw new Error(`no answer to the app: ${at.path} ${at.html}`)
    return at.elsewhere
  }

  async #follow(first: Sent): Promise<Opened> {
    let at = first
    for (let n = 0; n < 10; n++) {
      const next =
        at.to ?? unescaped(/http-equiv="refresh" content="0;url=([^"]*)"/.exec(at.html)?.[1])
      if (!next) return { ...at, elsewhere: undefined }
      const url = new URL(next, this.base)
      if (url.origin !== this.base) return { ...at, elsewhere: url }
      at = await this.#send(url.pathname + url.search, {})
    }
    throw new Error(`leads on and on: ${at.path}`)
  }

  async #send(path: string, init: RequestInit): Promise<Sent> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = { accept: 'text/html', 'sec-fetch-site': 'same-origin', cookie }
    const response = await fetch(`${this.base}${path}`, { ...init, headers, redirect: 'manual' })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '') this.#cookies.delete(name)
      else this.#cookies.set(name, value)
    }
    return { path, html: await response.text(), to: response.headers.get('location') }
  }
}

interface Sent {
  readonly path: string
  readonly html: string
  readonly to: string | null
}
interface Opened extends Sent {
  /** Where it leads outside of the service. */
  readonly elsewhere: URL | undefined
}

function unescaped(text: string): string
function unescaped(text: string | undefined): string | undefined
function unescaped(text: string | undefined): string | undefined {
  return text?.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&')
}
