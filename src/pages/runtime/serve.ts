/**
 * Serves pages: finds the visitor and the language, checks where a POST comes from, and sends the
 * answer. An ended session leads to sign-in and back, a restricted session to the action required of it.
 */
import type { Context } from 'hono'
import type { Hono } from 'hono/tiny'
import { verifyToken, signToken } from '../../crypto/signed-token'
import type { WriteKind } from '../../context'
import { DomainError } from '../../errors'
import type { AppEnv } from '../../http/route'
import { watched } from '../../http/guard-stream'
import { admit } from '../../access/guard'
import { hasPermission } from '../../rbac/permissions'
import { roleMap } from '../../rbac/role-map'
import { liveSession } from '../../sessions/require-session'
import { findUser } from '../../users/user-view'
import { type PageCookie, readCookie, writeCookie } from './cookies'
import { errorView, PLAIN_LOOK } from './error-page'
import { formatsFor } from './format'
import { EMPTY_FORM } from './form-state'
import { OTHERS_FORM, ownerMark, takeMark } from './form-owner'
import { chooseLanguage, type Locale } from './language'
import { localPath, withNext } from './local-path'
import {
  CONSOLE_PERMISSIONS,
  isConsole,
  type Page,
  type PageAccess,
  type PageAnswer,
  type PageRequest,
  type SeeOther,
  type View,
  type Visitor,
} from './page'
import { timeZoneOf } from './preferences'
import { pageHeaders, renderView } from './render'
import { requireSameOrigin } from './same-origin'

const FLASH_SECONDS = 60

/** Mounts pages; other methods than theirs are 405. */
export function mountPages(app: Hono<AppEnv>, pages: readonly Page[]): void {
  for (const each of pages) {
    app.get(each.path, (c) => serve(c, each, each.get))
    const { post } = each
    if (post) app.post(each.path, (c) => serve(c, each, post))
    app.all(each.path, (c) => {
      c.header('allow', post ? 'GET, HEAD, POST' : 'GET, HEAD')
      throw new DomainError('method_not_allowed')
    })
  }
}

type Handler = (request: PageRequest) => Promise<PageAnswer>

async function serve(c: Context<AppEnv>, page: Page, handle: Handler): Promise<Response> {
  const { access } = page
  // From here on errors are pages too.
  c.set('pageHeaders', pageHeaders(''))
  const deps = c.get('deps')
  if (c.req.method === 'POST') requireSameOrigin(deps.config, c.req.raw.headers)
  try {
    const visitor = await findVisitor(c, page)
    const request = await toRequest(c, visitor)
    // Pages that anyone may open check this themselves.
    if (!request.isOwnForm && access !== 'visitor') {
      throw new DomainError('forbidden', { detail: OTHERS_FORM })
    }
    const answer = await handle(request)
    if (answer instanceof Response) return watched(answer, deps)
    return 'seeOther' in answer ? await sendRedirect(c, answer) : await show(c, answer, request)
  } catch (error) {
    const way = error instanceof DomainError ? recoveryRedirect(c, error) : undefined
    if (!way) throw error
    return sendRedirect(c, way)
  }
}

/** What the guard is asked for. `anyOf` is checked after it. */
function askedOf(access: Exclude<PageAccess, 'anyone'>) {
  if (access === 'visitor') return 'any_session'
  return typeof access === 'object' && 'anyOf' in access ? 'session' : access
}

/**
 * What a request of a signed-in user counts as. In the console every request counts, since views are logged
 * there; elsewhere only what is posted.
 */
export function writeOf(
  { access, counting }: Pick<Page, 'access' | 'counting'>,
  method: string,
): WriteKind | undefined {
  if (isConsole(access)) return 'staff'
  return method === 'POST' && counting !== 'never' ? 'own' : undefined
}

/** The visitor, by the session cookie and one call to the user's object. Throws what the guard throws. */
async function findVisitor(c: Context<AppEnv>, page: Page): Promise<Visitor | null> {
  const { access } = page
  if (access === 'anyone') return null
  const deps = c.get('deps')
  const sealed = await sessionOf(c)
  if (!sealed && access === 'visitor') return null
  if (!sealed) throw new DomainError('invalid_access_token')
  try {
    const checked = await liveSession(deps, sealed.sid, writeOf(page, c.req.method))
    const principal = await admit(deps, askedOf(access), checked)
    const user = await findUser(deps, { subject: principal.subject })
    if (!user) throw new DomainError('invalid_access_token')
    const map = await roleMap(deps)
    const holdsAny = (names: readonly string[]) =>
      names.some((name) => hasPermission(map, principal.roleIds, name))
    if (typeof access === 'object' && 'anyOf' in access && !holdsAny(access.anyOf)) {
      throw new DomainError('forbidden')
    }
    const consolePermissions =
      principal.requiredAction === null
        ? CONSOLE_PERMISSIONS.filter((name) => holdsAny([name]))
        : []
    return { principal, user, consolePermissions }
  } catch (error) {
    const code = error instanceof DomainError ? error.code : undefined
    if (code === 'invalid_access_token' && access === 'visitor') return null
    if (code === 'too_many_attempts' && page.counting === 'or_nobody') return null
    throw error
  }
}

async function sessionOf(c: Context<AppEnv>) {
  const { config } = c.get('deps')
  const cookie = readCookie(c, config, 'session')
  return cookie === undefined ? undefined : verifyToken(config.TOKEN_KEYS, 'page', cookie)
}

async function toRequest(c: Context<AppEnv>, visitor: Visitor | null): Promise<PageRequest> {
  const deps = c.get('deps')
  const { mark, request } =
    c.req.method === 'POST' ? await takeMark(c.req.raw) : { mark: undefined, request: c.req.raw }
  const { language, texts } = localeOf(c, visitor)
  const url = new URL(c.req.url)
  const { cf } = c.req.raw as Request<unknown, IncomingRequestCfProperties>
  return {
    deps,
    visitor,
    texts,
    language,
    format: formatsFor(language, texts, {
      now: deps.now,
      timeZone: timeZoneOf(visitor?.user) ?? cf?.timezone,
    }),
    path: url.pathname,
    query: url.searchParams,
    params: c.req.param(),
    cookie: (name) => readCookie(c, deps.config, name),
    request,
    form: EMPTY_FORM,
    isOwnForm: visitor === null || mark === undefined || mark === (await ownerMark(visitor)),
  }
}

function localeOf(c: Context<AppEnv>, visitor: Visitor | null): Locale {
  const { config } = c.get('deps')
  const wishes = [visitor?.user.language, readCookie(c, config, 'language')]
  return chooseLanguage(wishes, c.req.header('accept-language'), config.DEFAULT_LANGUAGE)
}

/** Where a refusal leads instead of an error page: to sign-in, or to the action that the session requires. */
function recoveryRedirect(c: Context<AppEnv>, { code }: DomainError): SeeOther | undefined {
  if (code === 'password_expired') return { seeOther: '/change-password' }
  if (code === 'two_factor_required') return { seeOther: '/account/two-factor' }
  if (code !== 'invalid_access_token') return undefined
  const { pathname, search } = new URL(c.req.url)
  const next = c.req.method === 'POST' ? '/account' : pathname + search
  const hadSession = readCookie(c, c.get('deps').config, 'session') !== undefined
  return {
    seeOther: withNext('/sign-in', next),
    ...(hadSession && { flash: 'session_ended' }),
    cookies: [{ name: 'session', value: null }],
  }
}

async function sendRedirect(c: Context<AppEnv>, to: SeeOther): Promise<Response> {
  const { config } = c.get('deps')
  const cookies: PageCookie[] = [...(to.cookies ?? [])]
  if (to.flash !== undefined) {
    const note = { about: to.flash, detail: to.detail ?? '' }
    const value = await signToken(config.TOKEN_KEYS, 'note', note)
    cookies.push({ name: 'flash', value, maxAge: FLASH_SECONDS })
  }
  for (const cookie of cookies) writeCookie(c, config, cookie)
  return c.redirect(to.seeOther, 303)
}

async function show(c: Context<AppEnv>, view: View, request: PageRequest): Promise<Response> {
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

async function takeFlash(c: Context<AppEnv>, { deps, texts }: PageRequest) {
  const cookie = readCookie(c, deps.config, 'flash')
  if (cookie === undefined) return undefined
  writeCookie(c, deps.config, { name: 'flash', value: null })
  const note = await verifyToken(deps.config.TOKEN_KEYS, 'note', cookie)
  const words: Readonly<Record<string, string | ((detail: string) => string)>> = texts.flash
  const said = note && words[note.about]
  return typeof said === 'function' ? said(note?.detail ?? '') : said
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
