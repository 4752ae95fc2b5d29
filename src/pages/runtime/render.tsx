/** From a view to a response: the layout around it, and headers as strict as the page allows. */
import type { Context } from 'hono'
import { raw } from 'hono/html'
import { randomId } from '../../crypto/encoding'
import type { AppEnv } from '../../http/route'
import { Layout } from '../components/layout'
import { markForms, ownerMark } from './form-owner'
import { isOfFlow } from './local-path'
import type { View } from './page'
import { type PageContext, PageProvider } from './page-context'

/** The response of a view. Cookies that were set on the context go with it. */
export async function renderView(
  c: Context<AppEnv>,
  view: View,
  around: Omit<PageContext, 'nonce'>,
): Promise<Response> {
  const nonce = randomId()
  const { formTarget } = view
  const images = imageSources(around.look, view)
  c.set('pageHeaders', pageHeaders(nonce, { images, formTarget, isOfFlow: isOfFlow(addressOf(c)) }))
  for (const [name, value] of Object.entries(view.headers ?? {})) c.header(name, value)
  c.header('content-language', around.language)
  c.header('vary', 'Cookie, Accept-Language')
  c.status((view.status ?? 200) as 200)
  const page = (
    <PageProvider value={{ ...around, nonce }}>
      {raw('<!doctype html>')}
      <Layout view={view} />
    </PageProvider>
  )
  return c.html(markForms(await rendered(page), await ownerMark(around.visitor)))
}

/** Path and query of a request. */
export function addressOf(c: Context<AppEnv>): string {
  const { pathname, search } = new URL(c.req.url)
  return pathname + search
}

/** JSX with an asynchronous part is a promise. */
const rendered = async (page: { toString(): string | Promise<string> }): Promise<string> =>
  page.toString()

const imageSources = (look: PageContext['look'], { hasInlineImages }: View): string[] => [
  ...(hasInlineImages ? ['data:'] : []),
  ...(look.PRODUCT_LOGO_URL?.startsWith('https:') ? [new URL(look.PRODUCT_LOGO_URL).origin] : []),
]

interface Allowed {
  /** Where pictures may come from, besides us. */
  readonly images?: readonly string[]
  /** Where the page's form may be posted, in place of us. */
  readonly formTarget?: string | undefined
  /** Whether it is a page of an app's sign-in, which may be in a popup. */
  readonly isOfFlow?: boolean
}

/**
 * The headers of a page, in place of the API's. Only elements with this response's nonce load or run, and
 * only the deployment's logo may come from another host: a picture that a user chose would tell its host
 * who opens the page, and when. `same-origin` lets forms send an Origin while no other site learns a
 * page's address, which may hold a token.
 */
export function pageHeaders(
  nonce: string,
  { images = [], formTarget, isOfFlow: hasOpener = false }: Allowed = {},
): Record<string, string> {
  const own = nonce === '' ? "'none'" : `'nonce-${nonce}'`
  return {
    'content-security-policy': [
      "default-src 'none'",
      `script-src ${own}`,
      `style-src ${own}`,
      `img-src ${["'self'", ...images].join(' ')}`,
      "connect-src 'self'",
      `form-action ${formTarget ?? "'self'"}`,
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
    'referrer-policy': 'same-origin',
    'cache-control': 'no-store',
    'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=()',
    // Otherwise an app that signs in by a popup would lose it at the first of our pages.
    ...(hasOpener && { 'cross-origin-opener-policy': 'unsafe-none' }),
  }
}
