/** What the explorer was asked for, from its form or an address; what cannot be read is left out. */
import type { SearchFilter } from '../../audit/list-events'
import { EVENT_RETENTION, type EventName } from '../../events'
import { startOf } from './days'

export interface AskedEvents {
  readonly actor: string
  readonly target: string
  readonly action: EventName | ''
  readonly from: string
  readonly to: string
  /** Something was left out. */
  readonly isPartial: boolean
}

export const EVENT_NAMES = Object.keys(EVENT_RETENTION) as EventName[]

const ID = /^[1-9]\d{0,14}$/

export function askedEvents(query: { get: (name: string) => string | null }): AskedEvents {
  const text = (name: string) => query.get(name)?.trim() ?? ''
  const fits = (value: string, isRight: boolean) => (isRight ? value : '')
  const [actor, target, from, to] = [text('actor'), text('target'), text('from'), text('to')]
  const action = EVENT_NAMES.find((name) => name === text('action')) ?? ''
  const asked = {
    actor: fits(actor, ID.test(actor)),
    target: fits(target, ID.test(target)),
    action,
    from: fits(from, startOf(from) !== undefined),
    to: fits(to, startOf(to) !== undefined),
  } as const
  const isPartial = Object.entries(asked).some(([name, value]) => value !== text(name))
  return { ...asked, isPartial }
}

/** The verb's filter; both days are meant whole. */
export const toFilter = ({ actor, target, action, from, to }: AskedEvents): SearchFilter => ({
  actorId: actor === '' ? undefined : Number(actor),
  targetId: target === '' ? undefined : Number(target),
  action: action === '' ? undefined : action,
  from: startOf(from),
  to: startOf(to, 1),
})

export function auditPath(asked: AskedEvents, cursor?: string): string {
  const query = new URLSearchParams()
  for (const name of ['actor', 'target', 'action', 'from', 'to'] as const) {
    if (asked[name] !== '') query.set(name, asked[name])
  }
  if (cursor !== undefined) query.set('cursor', cursor)
  const text = query.toString()
  return text === '' ? '/admin/audit' : `/admin/audit?${text}`
}
