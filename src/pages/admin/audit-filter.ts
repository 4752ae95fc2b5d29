/** The filters of the audit log, from its form or an address; values that cannot be read are left out. */
import * as z from 'zod'
import { eventCursor, type SearchFilter } from '../../audit/list-events'
import { EVENT_NAMES, type EventName } from '../../events'
import { parseEmailAddress } from '../../users/email-address'
import { askedCursor, askedField } from '../runtime/address'
import { withQuery } from '../runtime/local-path'
import { startOf } from './days'

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

/** The filters as they were typed. */
export type TypedFilters = Partial<Record<(typeof AUDIT_FILTERS)[number], string | undefined>>

/** The page's address. */
export const EventsQuery = z.object({
  actor: askedField,
  target: askedField,
  address: askedField,
  action: askedField,
  from: askedField,
  to: askedField,
  views: askedField,
  cursor: askedCursor(eventCursor),
})

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
