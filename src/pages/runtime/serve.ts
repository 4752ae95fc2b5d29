/**
 * Serves pages: finds the visitor and the language, checks where a POST comes from, reads the address and the
 * body, and sends the answer. An ended session leads to sign-in and back, a restricted session to the action
 * required of it.
 */
import type { Context, Next } from 'hono'
import type { Hono } from 'hono/tiny'
import { DomainError } from '../../errors'
import { jsonBody } from '../../http/body'
import { guardStream } from '../../http/guard-stream'
import type { AppEnv } from '../../http/route'
import { type Fields, type Parsed, sentFields, validated } from '../../http/validated'
import { PathParams } from './address'
import { type PageCookie, readCookie, writeCookie } from './cookies'
import { errorView, PLAIN_LOOK } from './error-page'
import { flashCookie, takeFlash } from './flash'
import { OTHERS_FORM } from './form-owner'
import { formatsFor } from './format'
import { chooseLanguage } from './language'
import { isOfFlow, localPath, nextInFlow, withNext, withNextInFlow } from './local-path'
import { unseenAnswer } from './navigation'
import type { Page, PageAccess, PageAnswer, PageRequest, RequestFor, SeeOther, View } from './page'
import { type AdmittedRequest, localeOf, toRequest } from './page-request'
import { addressOf, pageHeaders, renderView } from './render'
import { requireSameOrigin } from './same-origin'
import { findVisitor } from './visitor'

declare module 'hono' {
  interface ContextVariableMap {
    admitted: AdmittedRequest
    /** The request as a page's handlers get it. */
    pageRequest: RequestFor<PageAccess, Fields>
  }
}

/** Mounts pages; other methods than theirs are 405. */
export function mountPages(app: Hono<AppEnv>, pages: readonly Page[]): void {
  for (const each of pages) {
    app.get(each.path, ...opening(each), async function shown(c) {
      const unseen = each.actsOnGet && unseenAnswer(c.req.raw)
      return unseen ?? respond(c, each.get(c.get('pageRequest')))
    })
    mountPost(app, each)
    app.all(each.path, (c) => {
      c.header('allow', each.post ? 'GET, HEAD, POST' : 'GET, HEAD')
      throw new DomainError('method_not_allowed')
    })
  }
}

function mountPost(app: Hono<AppEnv>, page: Page): void {
  const { path, post, form } = page
  if (!post) return
  if (!form) {
    app.post(path, ...opening(page), async function acted(c) {
      return respond(c, post(c.get('pageRequest'), {}))
    })
    return
  }
  const showAgain = async (c: Context<AppEnv>, error: unknown) =>
    form.refused(c.get('pageRequest'), error, (await sentFields(c)) ?? {})
  app.post(
    path,
    ...opening(page),
    jsonBody(form.fields),
    validated('json', form.fields, {
      refine: form.refine,
      answer: (refusal, c) => respond(c, showAgain(c, refusal)),
    }),
    async function submitted(c) {
      const answer = post(c.get('pageRequest'), c.req.valid('json'))
      return respond(
        c,
        answer.catch((error: unknown) => showAgain(c, error)),
      )
    },
  )
}

/** The middleware before a page's handlers. */
const opening = (page: Page) =>
  [
    admitted(page),
    validated('param', PathParams),
    validated('query', page.query),
    addressed,
  ] as const

/** Decides who the visitor is and whether the page is open to them. */
const admitted = (page: Page) =>
  async function admitted(c: Context<AppEnv>, next: Next): Promise<Response | undefined> {
    // From here on errors are pages too.
    c.set('pageHeaders', pageHeaders('', { isOfFlow: isOfFlow(addressOf(c)) }))
    if (c.req.method === 'POST' && !page.isOpenToSites) {
      requireSameOrigin(c.get('deps').config, c.req.raw.headers)
    }
    try {
      const request = await toRequest(c, await findVisitor(c, page))
      // Pages that anyone may open check this themselves.
      if (!request.isOwnForm && page.access !== 'visitor') {
        throw new DomainError('forbidden', { detail: OTHERS_FORM })
      }
      c.set('admitted', request)
    } catch (error) {
      return recover(c, error)
    }
    await next()
    return undefined
  }

interface Address {
  out: { param: Parsed<typeof PathParams>; query: Parsed<Fields> }
}

async function addressed(c: Context<AppEnv, string, Address>, next: Next): Promise<void> {
  const address = { params: c.req.valid('param'), query: c.req.valid('query') }
  c.set('pageRequest', { ...c.get('admitted'), ...address })
  await next()
}

/** The response for a handler's answer. */
async function respond(c: Context<AppEnv>, answering: Promise<PageAnswer>): Promise<Response> {
  try {
    const answer = await answering
    if (answer instanceof Response) return guardStream(answer, c.get('deps'))
    if ('seeOther' in answer) return await sendRedirect(c, answer)
    return await show(c, answer, c.get('pageRequest'))
  } catch (error) {
    return recover(c, error)
  }
}

/** The redirect that a refusal leads to. Throws other errors again. */
function recover(c: Context<AppEnv>, error: unknown): Promise<Response> {
  const way = error instanceof DomainError ? recoveryRedirect(c, error) : undefined
  if (!way) throw error
  return sendRedirect(c, way)
}

/** Where a refusal leads instead of an error page: to sign-in, or to the action that the session requires. */
function recoveryRedirect(c: Context<AppEnv>, { code, stepUp }: DomainError): SeeOther | undefined {
  const address = addressOf(c)
  // The pages on the way to an app are left behind: the app's request leads to them again, if need be.
  const next = nextInFlow(address) ?? (c.req.method === 'POST' ? '/account' : address)
  if (code === 'password_expired') return { seeOther: withNextInFlow('/change-password', next) }
  if (code === 'two_factor_required') {
    // A user who has a second factor only needs to prove it.
    return {
      seeOther: stepUp
        ? withNext('/confirm-identity', next)
        : withNextInFlow('/account/two-factor', next),
    }
  }
  if (code !== 'invalid_access_token') return undefined
  const hadSession = readCookie(c, c.get('deps').config, 'session') !== undefined
  return {
    seeOther: withNext('/sign-in', next),
    ...(hadSession && { flash: 'session_ended' }),
    cookies: [{ name: 'session', value: null }],
  }
}

async function sendRedirect(c: Context<AppEnv>, to: SeeOther): Promise<Response> {
  const { config } = c.get('deps')
  // Browsers look at this header of redirects too.
  if (isOfFlow(to.seeOther)) c.set('pageHeaders', pageHeaders('', { isOfFlow: true }))
  const cookies: PageCookie[] = [...(to.cookies ?? [])]
  if (to.flash !== undefined) cookies.push(await flashCookie(config, to.flash, to.detail))
  for (const cookie of cookies) writeCookie(c, config, cookie)
  return c.redirect(to.seeOther, 303)
}

async function show(c: Context<AppEnv>, view: View, asked: PageRequest): Promise<Response> {
  const request = view.visitor ? asked.as(view.visitor) : asked
  const { config } = request.deps
  const flash = await takeFlash(c, request)
  for (const cookie of view.cookies ?? []) writeCookie(c, config, cookie)
  const search = c.req.method === 'GET' ? new URL(c.req.url).search : ''
  return renderView(c, view, {
    look: config,
    language: request.language,
    texts: request.texts,
    format: request.format,
    visitor: request.visitor,
    path: request.path,
    returnTo: localPath(request.path + search, localPath(request.path, '/')),
    flash,
  })
}

/** Whether an error is shown as a page: on pages, and where a browser asks for HTML. */
export const isForPeople = (c: Context<AppEnv>): boolean =>
  c.get('pageHeaders') !== undefined ||
  (/\btext\/html\b/.test(c.req.header('accept') ?? '') &&
    !/^\/(api|\.well-known|openapi\.json|healthz)(\/|$)/.test(new URL(c.req.url).pathname))

/** The page of an error. Works without Deps, which do not exist under a faulty configuration. */
export async function errorPage(c: Context<AppEnv>, error: DomainError): Promise<Response> {
  const deps = c.get('deps') as AppEnv['Variables']['deps'] | undefined
  const accept = c.req.header('accept-language')
  const { language, texts } = deps ? localeOf(c, null) : chooseLanguage([], accept, 'en')
  return renderView(c, errorView(texts, error, c.get('requestId')), {
    look: deps?.config ?? PLAIN_LOOK,
    language,
    texts,
    format: formatsFor(language, texts, { now: Date.now(), timeZone: undefined }),
    visitor: null,
    path: '',
    returnTo: '/',
    flash: undefined,
  })
}
