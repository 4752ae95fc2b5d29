/**
 * A browser without scripts, as far as sign-in by redirect can tell: a jar of cookies that is shared by the ports
 * of a host, SameSite, redirects and refreshes, and the headers that say which site a request comes from. It
 * loads pages from this machine alone and stops where it is sent elsewhere.
 */
import { once } from 'node:events'
import { type IncomingMessage, request as httpRequest } from 'node:http'
import { text } from 'node:stream/consumers'
import { inject } from 'vitest'
import { PASSWORD, type Person } from './gatehouse.ts'

export interface Page {
  readonly url: string
  /** 0 if it is not on this machine, and so was not loaded. */
  readonly status: number
  readonly html: string
}

interface Cookie {
  readonly host: string
  readonly name: string
  readonly value: string
  readonly path: string
  readonly isCrossSite: boolean
}

interface Loading {
  readonly method: 'GET' | 'POST'
  readonly body?: URLSearchParams
  /** The page whose link, form or refresh it is; null if the user typed the address. */
  readonly from: string | null
}

const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])
const MAX_STEPS = 20

export class Browser {
  #cookies: Cookie[] = []
  #page: Page = { url: 'about:blank', status: 0, html: '' }
  /** Every address that was loaded, in order. */
  readonly visited: string[] = []

  get page(): Page {
    return this.#page
  }

  /** Opens an address as if it was typed, or by a link of the current page. */
  open(url: string, from: string | null = null): Promise<Page> {
    return this.#load(url, { method: 'GET', from })
  }

  /** Posts the form of the current page whose address begins so, its hidden fields included. */
  submit(action: string, fields: Record<string, string> = {}): Promise<Page> {
    const { url, html } = this.#page
    for (const [form] of html.matchAll(/<form\b[^]*?<\/form>/gi)) {
      const target = new URL(attribute(form, 'action') ?? '', url)
      if (!target.href.startsWith(new URL(action, url).href)) continue
      const body = new URLSearchParams({ ...hiddenFields(form), ...fields })
      return this.#load(target.href, { method: 'POST', body, from: url })
    }
    throw new Error(`no form posts to ${action} on ${url}: ${html}`)
  }

  /** Follows the first link of the current page whose address begins so. */
  follow(link: string): Promise<Page> {
    const { url, html } = this.#page
    const links = [...html.matchAll(/<a\b[^>]*>/gi)].map(([tag]) => attribute(tag, 'href') ?? '')
    const found = links.find((href) => href.startsWith(link))
    if (found === undefined) throw new Error(`no link to ${link} on ${url}: ${html}`)
    return this.#load(new URL(found, url).href, { method: 'GET', from: url })
  }

  /** Signs in for the first time by the form of Gatehouse, skips its welcome, and goes wherever that leads. */
  async signIn({ email }: Person): Promise<Page> {
    const { url, status } = this.#page
    if (!url.startsWith(`${inject('gatehouse').base}/sign-in`)) {
      throw new Error(`not at the sign-in page: ${status} ${url}`)
    }
    const page = await this.submit('/sign-in', { email, password: PASSWORD })
    const { pathname } = new URL(page.url)
    if (pathname === '/welcome') return this.follow('/oauth/authorize?')
    if (pathname !== '/sign-in') return page
    throw new Error(`the sign-in was refused: ${page.html}`)
  }

  async #load(url: string, loading: Loading): Promise<Page> {
    let at = url
    let { method, body, from } = loading
    let isCrossSite = isOtherSite(from, at)
    for (let steps = 0; steps < MAX_STEPS; steps++) {
      this.visited.push(at)
      isCrossSite ||= isOtherSite(from, at)
      if (!LOOPBACK.has(new URL(at).hostname))
        return (this.#page = { url: at, status: 0, html: '' })
      const headers = this.#headers(at, { method, from, isCrossSite })
      const { status, setCookies, location, html } = await sent(at, method, headers, body)
      this.#keep(at, setCookies)
      const refresh = unescaped(
        /<meta http-equiv="refresh" content="0;url=([^"]*)"/.exec(html)?.[1],
      )
      if (location !== undefined && status >= 300 && status < 400) {
        if (status < 307) ({ method, body } = { method: 'GET', body: undefined })
        at = new URL(location, at).href
      } else if (refresh !== undefined) {
        ;({ method, body, from } = { method: 'GET', body: undefined, from: at })
        at = new URL(refresh, at).href
        isCrossSite = false
      } else if (html.includes('/assets/form-post.js')) {
        this.#page = { url: at, status, html }
        return this.submit(/<form\b[^>]*\baction="([^"]*)"/.exec(html)?.[1] ?? '')
      } else {
        return (this.#page = { url: at, status, html })
      }
    }
    throw new Error(`no end of redirects at ${at}`)
  }

  #headers(
    url: string,
    { method, from, isCrossSite }: { method: string; from: string | null; isCrossSite: boolean },
  ): Record<string, string> {
    const { hostname, pathname, origin } = new URL(url)
    const cookie = this.#cookies
      .filter(({ host, path }) => host === hostname && pathname.startsWith(path))
      .filter((each) => !isCrossSite || method === 'GET' || each.isCrossSite)
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ')
    const isSameOrigin = from !== null && !isCrossSite && new URL(from).origin === origin
    return {
      accept: 'text/html,application/xhtml+xml',
      'sec-fetch-site':
        from === null
          ? 'none'
          : isCrossSite
            ? 'cross-site'
            : isSameOrigin
              ? 'same-origin'
              : 'same-site',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
      ...(from !== null && method === 'POST' && { origin: new URL(from).origin }),
      ...(cookie !== '' && { cookie }),
    }
  }

  #keep(url: string, setCookies: readonly string[]): void {
    const { hostname: host } = new URL(url)
    for (const line of setCookies) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      const path = /;\s*path=([^;]*)/i.exec(line)?.[1] ?? '/'
      this.#cookies = this.#cookies.filter(
        (each) => each.host !== host || each.name !== name || each.path !== path,
      )
      const expires = /;\s*expires=([^;]*)/i.exec(line)?.[1]
      const isOver =
        /;\s*max-age=(?:0|-\d+)\s*(?:;|$)/i.test(line) ||
        (expires !== undefined && Date.parse(expires) <= Date.now())
      // Browsers treat a cookie that does not say as SameSite=Lax.
      const isCrossSite = /;\s*samesite=none/i.test(line)
      if (!isOver) this.#cookies.push({ host, name, value, path, isCrossSite })
    }
  }
}

/** `fetch` would say by `sec-fetch-mode` that it is no navigation. */
async function sent(
  url: string,
  method: string,
  headers: Readonly<Record<string, string>>,
  body?: URLSearchParams,
) {
  const type = 'application/x-www-form-urlencoded'
  const request = httpRequest(url, {
    method,
    headers: { ...headers, ...(body && { 'content-type': type }) },
    agent: false,
  }).end(body?.toString())
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  return {
    status: response.statusCode ?? 0,
    setCookies: response.headers['set-cookie'] ?? [],
    location: response.headers.location,
    html: await text(response),
  }
}

/** Sites are hosts here: there are no registered domains on this machine. */
const isOtherSite = (from: string | null, to: string): boolean =>
  from !== null && new URL(from).hostname !== new URL(to).hostname

const unescaped = (text: string | undefined): string | undefined =>
  text
    ?.replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')

const attribute = (tag: string, name: string): string | undefined =>
  unescaped(new RegExp(`^<[^>]*\\b${name}="([^"]*)"`).exec(tag)?.[1])

const hiddenFields = (form: string): Record<string, string> =>
  Object.fromEntries(
    [...form.matchAll(/<input\b[^>]*>/gi)]
      .filter(
        ([input]) => attribute(input, 'type') === 'hidden' && !/\sdisabled[\s/>=]/.test(input),
      )
      .map(([input]) => [attribute(input, 'name') ?? '', attribute(input, 'value') ?? '']),
  )
