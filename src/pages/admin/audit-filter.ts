/** The filters of the audit log, from its form or an address; values that cannot be read are left out. */
import * as z from 'zod'
import { eventCursor, type SearchFilter } from '../../audit/list-events'
import { EVENT_NAMES } from '../../event-traits'
import type { EventName } from '../../events'
import { DAY_MS } from '../../time'
import { parseEmailAddress } from '../../users/email-address'
import { askedCursor, askedField } from '../runtime/address'
import { withQuery } from '../runtime/local-path'

export interface AskedEvents {
  readonly actor: string
  readonly target: string
  /** As typed; ignored beside an actor or a target. */
  readonly address: string
  readonly views: 'true' | ''
  readonly action: EventName | ''
  readonly from: string
  readonly to: string
  /** Something was left out. */
  readonly isPartial: boolean
}

const ID = /^[1-9]\d{0,14}$/

/** The names of the filters, as in the page's address. */
export const AUDIT_FILTERS = [
  'actor',
  'target',
  'address',
  'action',
  'from',
  'to',
  'views',
] as const

type FilterName = (typeof AUDIT_FILTERS)[number]

/** The filters as they were typed. */
export type TypedFilters = Partial<Record<FilterName, string | undefined>>

const eachFilter = <S>(schema: S) =>
  Object.fromEntries(AUDIT_FILTERS.map((name) => [name, schema])) as Record<FilterName, S>

/** The page's address. */
export const EventsQuery = () =>
  z.object({
    ...eachFilter(askedField),
    cursor: askedCursor(eventCursor),
  })

/** The same filters in a form. */
export const EventsForm = () => z.strictObject(eachFilter(z.string().max(320).default('')))

export function askedEvents(typed: TypedFilters): AskedEvents {
  const text = (name: keyof TypedFilters) => typed[name]?.trim() ?? ''
  const fits = (value: string, isRight: boolean) => (isRight ? value : '')
  const [actor, target, from, to] = [text('actor'), text('target'), text('from'), text('to')]
  const action = EVENT_NAMES.find((name) => name === text('action')) ?? ''
  const address = text('address')
  const isAlone = actor === '' && target === ''
  const asked = {
    actor: fits(actor, ID.test(actor)),
    target: fits(target, ID.test(target)),
    address: fits(address, isAlone && parseEmailAddress(address) !== undefined),
    views: text('views') === 'true' ? 'true' : '',
    action,
    from: fits(from, startOf(from) !== undefined),
    to: fits(to, startOf(to) !== undefined),
  } as const
  const isPartial = AUDIT_FILTERS.some((name) => asked[name] !== text(name))
  return { ...asked, isPartial }
}

/** The verb's filter, which includes the whole of both days. */
export const toFilter = (asked: AskedEvents): SearchFilter => {
  const { actor, target, address, views, action, from, to } = asked
  return {
    actorId: actor === '' ? undefined : Number(actor),
    targetId: target === '' ? undefined : Number(target),
    emailKey: parseEmailAddress(address)?.key,
    withViews: views === 'true',
    action: action === '' ? undefined : action,
    from: startOf(from),
    to: startOf(to, 1),
  }
}

export function auditPath(asked: AskedEvents, cursor?: string): string {
  const { isPartial: _, ...filters } = asked
  return withQuery('/admin/audit', { ...filters, cursor })
}

/** When the day of a date field begins, moved by `days`; undefined for any other text. */
function startOf(text: string, days = 0): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined
  // In UTC, so that no time zone moves it into the day before.
  const at = Date.parse(`${text}T00:00:00Z`)
  return Number.isNaN(at) ? undefined : at + days * DAY_MS
}
