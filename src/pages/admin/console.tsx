/** What the pages of the console have in common: who may open them, their links, and small parts. */
import type { FC, PropsWithChildren } from 'hono/jsx'
import {
  type AreaLink,
  type ConsolePermission,
  type FlashName,
  redirect,
  type SeeOther,
  type SignedInRequest,
  type View,
  type Visitor,
} from '../runtime/page'

interface ConsoleAccess {
  readonly permission: ConsolePermission
}
export const STAFF = { permission: 'admin:users' } as const satisfies ConsoleAccess
export const SYSTEM = { permission: 'admin:system' } as const satisfies ConsoleAccess

/** Leads on after an action, with a message about it. */
export const done = (to: string, flash: FlashName, detail?: string): SeeOther =>
  redirect(to, { flash, detail })

/** Whether the visitor holds a permission. Only for what is shown: verbs and guard check again. */
export const holds = ({ visitor }: { visitor: Visitor }, { permission }: ConsoleAccess): boolean =>
  visitor.consolePermissions.includes(permission)

const NAV = [
  [STAFF, 'overview', '/admin'],
  [STAFF, 'users', '/admin/users'],
  [SYSTEM, 'roles', '/admin/roles'],
  [SYSTEM, 'apps', '/admin/apps'],
  [SYSTEM, 'audit', '/admin/audit'],
  [SYSTEM, 'outbox', '/admin/outbox'],
  [SYSTEM, 'import', '/admin/import'],
] as const

/** The console's pages that its visitor may open; the first is where they begin. */
export const consoleLinks = (request: SignedInRequest): AreaLink[] =>
  NAV.filter(([access]) => holds(request, access)).map(([, name, href]) => ({
    href,
    label: request.texts.admin.nav[name],
  }))

/** A page of the console, with the links that its visitor may follow. */
export const consoleView = (request: SignedInRequest, view: View): View => ({
  ...view,
  area: 'admin',
  styles: ['admin', ...(view.styles ?? [])],
  scripts: ['/assets/admin.js', ...(view.scripts ?? [])],
  links: consoleLinks(request),
})

/** The id of a path. */
export const idOf = ({ params }: SignedInRequest): number => params.id

/** A button that first says what it will do: works without scripts, and by keyboard. */
export const Ask: FC<
  PropsWithChildren<{
    label: string
    explain: string
    /** The label again, when left out. */
    confirm?: string
    action: string
    isDanger?: boolean | undefined
  }>
> = (p) => (
  <details class="ask">
    <summary class={p.isDanger ? 'button small danger' : 'button small quiet'}>{p.label}</summary>
    <form method="post" action={p.action} class="ask-body">
      <p>{p.explain}</p>
      {p.children}
      <button class={p.isDanger ? 'button small danger solid' : 'button small primary'}>
        {p.confirm ?? p.label}
      </button>
    </form>
  </details>
)
