/**
 * A page is data, as a route is: its path, who may open it, what a GET shows and what a POST does.
 * The same declaration mounts it, guards it, checks that posts come from our own pages, and lists it in
 * tests. Handlers call the verbs that the API's routes call, and answer a view or where to go next.
 *
 *   page({ path, access, show })                       something to look at
 *   formPage({ path, access, fields, show, submit })   a form, of the account or of the console (form-page.tsx)
 *   action({ path, access, home, act })                a button without fields
 */
import type { Child } from 'hono/jsx'
import type { Deps, Principal } from '../../context'
import type { CompletesRequiredActions } from '../../http/route'
import type { Refine, Fields, Parsed, Schema } from '../../http/validated'
import type { Texts } from '../../texts/en'
import type { User } from '../../users/user-view'
import type { PathParams } from './address'
import type { CookieName, PageCookie } from './cookies'
import type { FormState } from './form-state'
import type { Formats } from './format'

/**
 * `anyone` ignores sessions; `visitor` admits everyone, signed in or not; `anyOf` asks for one of several
 * permissions.
 */
export type PageAccess =
  | 'anyone'
  | 'visitor'
  | 'session'
  | CompletesRequiredActions
  | { readonly permission: string }
  | { readonly anyOf: readonly string[] }

/**
 * Exceptions to counting a POST as a write of the signed-in user (sessions/object/write-budget.ts). `never`: it
 * is not counted. `or_nobody`: it is counted, and when the budget is used up the page treats the visitor as
 * not signed in; it must write nothing for such visitors.
 */
export type PageCounting = 'never' | 'or_nobody'

/** The permissions of the admin console; each of its pages asks for one of them. */
export const CONSOLE_PERMISSIONS = ['admin:users', 'admin:system'] as const
export type ConsolePermission = (typeof CONSOLE_PERMISSIONS)[number]

/** Whether a page belongs to the console: it asks for a permission. */
export const isConsole = (access: PageAccess): boolean =>
  typeof access === 'object' && !('requiredActions' in access)

/** A signed-in user. */
export interface Visitor {
  readonly principal: Principal
  readonly user: User
  /** Those of the console that they hold; none while another action is required of them first. */
  readonly consolePermissions: readonly ConsolePermission[]
  /** Whether the session has proved recently who is acting, so that forms need not ask. */
  readonly isProved: boolean
}
export type VisitorOf<A extends PageAccess> = A extends 'anyone'
  ? null
  : A extends 'visitor'
    ? Visitor | null
    : Visitor

/** `Q` is what the page's `query` reads of its address; functions that all pages share need not know it. */
export interface PageRequest<W extends Visitor | null = Visitor | null, Q = unknown> {
  readonly deps: Deps
  readonly visitor: W
  readonly texts: Texts
  readonly language: string
  readonly format: Formats
  readonly path: string
  readonly query: Q
  /** Of a path such as /admin/users/:id. */
  readonly params: Parsed<typeof PathParams>
  readonly cookie: (name: CookieName) => string | undefined
  readonly request: Request
  /** The same request for a user that the page has found itself, in their language and time zone. */
  readonly as: (visitor: Visitor) => PageRequest<Visitor>
  /** The mark of the user that a posted form was shown to (form-owner.ts), for pages that check it. */
  readonly mark: string | undefined
  /** False when a form was shown to another user than the one who is signed in now. */
  readonly isOwnForm: boolean
  /** The form that was refused, with what was typed; empty when nothing was. */
  readonly form: FormState
}

/** The request of a page that only signed-in users open. */
export type SignedInRequest = PageRequest<Visitor>

/** What a page shows, without the layout around it (layout.tsx). */
export interface View {
  readonly title: string
  /** The title of the window, where it differs. */
  readonly documentTitle?: string
  readonly main: Child
  readonly status?: number
  /** Pages of an area have the wide layout, with the area's links beside them. */
  readonly area?: 'account' | 'admin'
  readonly links?: readonly AreaLink[]
  /** Scripts of /assets, besides those that every page has. */
  readonly scripts?: readonly string[]
  /** Names of style sheets of /assets, besides those that every page has. */
  readonly styles?: readonly string[]
  /** Shows pictures that its own style sheets hold as data: URLs. */
  readonly hasInlineImages?: boolean
  readonly headers?: Readonly<Record<string, string>>
  readonly cookies?: readonly PageCookie[]
  /** `main` has a heading of its own. */
  readonly hidesTitle?: boolean
  /** The page's main action, beside the title. */
  readonly titleLink?: AreaLink
  /** A line under the title. */
  readonly lead?: Child
  /** The user it is shown to, where the page has found them itself. */
  readonly visitor?: Visitor
  /** The origin that its form is posted to, in place of ours. */
  readonly formTarget?: string
  /** The address that the browser opens next by itself. */
  readonly refreshTo?: string
  /** Without the language switch, which would open the page again. */
  readonly hidesFooter?: boolean
}

export interface AreaLink {
  readonly href: string
  readonly label: string
}

/** The name of a flash message. */
export type FlashName = keyof Texts['flash']

/** Where to go after a POST, or from a page that cannot be shown now (303). */
export interface SeeOther {
  readonly seeOther: string
  readonly flash?: FlashName | undefined
  /** What the message is about, such as a number, for those that take it. */
  readonly detail?: string | undefined
  readonly cookies?: readonly PageCookie[]
}

/** A Response is for downloads. */
export type PageAnswer = View | SeeOther | Response

/** What every declaration of a page begins with. */
export interface PageBase<A extends PageAccess, Q extends Fields = undefined> {
  readonly path: `/${string}`
  readonly access: A
  readonly counting?: PageCounting | undefined
  /** Other sites may post to it, because a POST does no more than a GET. */
  readonly isOpenToSites?: true
  /** A GET may change something, so it is answered only to a browser that goes there (navigation.ts). */
  readonly actsOnGet?: true
  /** What it reads of its address; other parameters are ignored. */
  readonly query?: Q | undefined
}

/**
 * A page for serve.ts, which gives each handler the visitor that the access asks for and the input that the
 * fields describe. Handlers are declared as methods, so that one list can hold pages of any access and form.
 */
export interface Page<
  A extends PageAccess = PageAccess,
  F extends Schema = Schema,
  Q extends Fields = Fields,
> extends PageBase<A, Q> {
  get(this: void, request: RequestFor<A, Q>): Promise<PageAnswer>
  /** `input` is what was posted, read by `form`; empty without one. */
  post?(this: void, request: RequestFor<A, Q>, input: Parsed<F>): Promise<PageAnswer>
  readonly form?: PageForm<A, F, Q>
}

export type RequestFor<A extends PageAccess, Q extends Fields = undefined> = PageRequest<
  VisitorOf<A>,
  Parsed<Q>
>

/** What a POST is read by. */
export interface PageForm<
  A extends PageAccess = PageAccess,
  F extends Schema = Schema,
  Q extends Fields = Fields,
> {
  readonly fields: F
  readonly refine?: Refine | undefined
  /** The page after its fields or its verb refused what was `sent`. Throws errors that no form can show. */
  refused(
    this: void,
    request: RequestFor<A, Q>,
    error: unknown,
    sent: Readonly<Record<string, unknown>>,
  ): Promise<PageAnswer>
}

export type Awaitable<T> = T | Promise<T>
type Handler<A extends PageAccess, Q extends Fields = undefined> = (
  request: RequestFor<A, Q>,
) => Awaitable<PageAnswer>

/** Declares a page without a form, which may take a POST without fields. */
export const page = <const A extends PageAccess, Q extends Fields = undefined>({
  show,
  act,
  ...base
}: PageBase<A, Q> & { show: Handler<A, Q>; act?: Handler<A, Q> }): Page<A, Schema, Q> => ({
  ...base,
  get: async (request) => show(request),
  ...(act && { post: async (request) => act(request) }),
})

/** Declares an action without fields, for a button on another page. A GET of its address leads to `home`. */
export const action = <const A extends PageAccess>({
  home,
  ...spec
}: PageBase<A> & { home: string; act: Handler<A> }): Page<A, Schema, undefined> =>
  page({ ...spec, show: () => redirect(home) })

export const redirect = (seeOther: string, more: Omit<SeeOther, 'seeOther'> = {}): SeeOther => ({
  seeOther,
  ...more,
})

/** Leads to the sign-in, without the session. */
export const endVisit = (flash: FlashName): SeeOther =>
  redirect('/sign-in', { flash, cookies: [{ name: 'session', value: null }] })
