/**
 * What the pages of the console have in common: who may open them, the links beside them, and forms
 * whose refusals, "outranked" among them, are said where the form is.
 */
import type { FC, PropsWithChildren } from 'hono/jsx'
import type * as z from 'zod'
import type { Deps } from '../../context'
import { DomainError, type FieldIssue } from '../../errors'
import { readBody, validate } from '../../http/body'
import { STATUS_OF } from '../../http/problem'
import { hasPermission } from '../../rbac/permissions'
import { roleMap } from '../../rbac/role-map'
import { EMPTY_FORM, type FormState, refusedForm, shownAgain } from '../runtime/form-state'
import {
  type AreaLink,
  type FlashName,
  redirect,
  page,
  type Page,
  type PageAnswer,
  type PageRequest,
  type SeeOther,
  type View,
  type Visitor,
} from '../runtime/page'

export const STAFF = { permission: 'admin:users' } as const
export const SYSTEM = { permission: 'admin:system' } as const
export type StaffRequest = PageRequest<Visitor>

/** Goes on after something was done, and says so there. */
export const done = (to: string, flash: FlashName, detail?: string): SeeOther =>
  redirect(to, { flash, detail })

/** Whether the visitor holds a permission; the verbs and the guard decide all the same. */
export const holds = async (
  { deps, visitor }: StaffRequest,
  { permission }: typeof STAFF | typeof SYSTEM,
): Promise<boolean> => hasPermission(await roleMap(deps), visitor.principal.roleIds, permission)

const NAV = [
  [STAFF, 'overview', '/admin'],
  [STAFF, 'users', '/admin/users'],
  [SYSTEM, 'roles', '/admin/roles'],
  [SYSTEM, 'audit', '/admin/audit'],
  [SYSTEM, 'outbox', '/admin/outbox'],
  [SYSTEM, 'import', '/admin/import'],
] as const

/** The console's pages that its visitor may open, the first of which is where he begins. */
export async function consoleLinks(request: StaffRequest): Promise<AreaLink[]> {
  const isOpen = new Map([
    [STAFF.permission, await holds(request, STAFF)],
    [SYSTEM.permission, await holds(request, SYSTEM)],
  ])
  const { nav } = request.texts.admin
  return NAV.filter(([{ permission }]) => isOpen.get(permission)).map(([, name, href]) => ({
    href,
    label: nav[name],
  }))
}

/** A page of the console, with the links that its visitor may follow. */
export const consoleView = async (request: StaffRequest, view: View): Promise<View> => ({
  ...view,
  area: 'admin',
  styles: ['admin', ...(view.styles ?? [])],
  scripts: ['/assets/admin.js', ...(view.scripts ?? [])],
  links: await consoleLinks(request),
})

interface StaffForm<F extends z.ZodObject> {
  readonly path: `/${string}`
  readonly access: typeof STAFF | typeof SYSTEM
  readonly fields: F
  /** Rules beside the schema's, named together with them. */
  readonly alsoCheck?: (deps: Deps, raw: Readonly<Record<string, unknown>>) => FieldIssue[]
  /** Where a GET leads when the form stands on another page. */
  readonly home?: (request: StaffRequest) => string
  readonly show: (request: StaffRequest, form: FormState) => PageAnswer | Promise<PageAnswer>
  readonly submit: (request: StaffRequest, input: z.output<F>) => PageAnswer | Promise<PageAnswer>
}

/** Declares a form of the console. A refusal shows the page again, under the refusal's status. */
export const staffForm = <F extends z.ZodObject>(spec: StaffForm<F>): Page =>
  page({
    path: spec.path,
    access: spec.access,
    show: (request) => (spec.home ? redirect(spec.home(request)) : spec.show(request, EMPTY_FORM)),
    act: async (request) => {
      const raw = Object(await readBody(request.request, spec.fields)) as Record<string, unknown>
      try {
        return await spec.submit(
          request,
          validate(spec.fields, raw, spec.alsoCheck?.(request.deps, raw)),
        )
      } catch (error) {
        const form = refusal(error, raw, Object.keys(spec.fields.shape))
        return underStatus(await spec.show(request, form), form, request)
      }
    },
  })

/** What frame/form-state.ts leaves to a page of its own, but belongs to a form here. */
const SAID_IN_PLACE = new Set(['outranked', 'forbidden'])

function refusal(
  error: unknown,
  raw: Readonly<Record<string, unknown>>,
  fields: readonly string[],
): FormState {
  const lists = Object.entries(raw).flatMap(([name, value]) =>
    Array.isArray(value) ? [[name, value.join(' ')]] : [],
  )
  const texts = Object.entries(raw).flatMap(([name, value]) =>
    typeof value === 'string' ? [[name, shownAgain(value, name)]] : [],
  )
  const values = Object.fromEntries([...texts, ...lists]) as Record<string, string>
  if (error instanceof DomainError && SAID_IN_PLACE.has(error.code)) {
    return { values, issues: [], error }
  }
  return { ...refusedForm(error, raw, fields), values }
}

function underStatus(answer: PageAnswer, { error }: FormState, { texts }: StaffRequest) {
  if (answer instanceof Response || 'seeOther' in answer || !error) return answer
  return {
    ...answer,
    status: STATUS_OF[error.kind],
    documentTitle: texts.frame.errorTitle(answer.title),
  }
}

/** The id of a path; anything but a positive integer is an id that never was. */
export function idOf({ params }: StaffRequest): number {
  const text = params['id'] ?? ''
  return /^[1-9]\d{0,14}$/.test(text) ? Number(text) : 0
}

/** A button that first tells what it will do: works without scripts, and by keyboard. */
export const Ask: FC<
  PropsWithChildren<{
    label: string
    explain: string
    confirm: string
    action: string
    isDanger?: boolean
  }>
> = (p) => (
  <details class="ask">
    <summary class={p.isDanger ? 'button small danger' : 'button small quiet'}>{p.label}</summary>
    <form method="post" action={p.action} class="ask-body">
      <p>{p.explain}</p>
      {p.children}
      <button class={p.isDanger ? 'button small danger solid' : 'button small primary'}>
        {p.confirm}
      </button>
    </form>
  </details>
)

/** What stands where a list has nothing. */
export const Empty: FC<{ title: string; text: string }> = ({ title, text }) => (
  <div class="empty">
    <p class="empty-title">{title}</p>
    <p>{text}</p>
  </div>
)
