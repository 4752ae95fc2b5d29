/** Parts of an audit event as the console shows them. */
import type { FC } from 'hono/jsx'
import type { AuditEvent } from '../../audit/event-view'
import type { Texts } from '../../texts/en'
import { findNames, type NamedUser } from '../../users/names'
import type { SignedInRequest } from '../runtime/page'
import { useConsoleTexts, usePage } from '../runtime/page-context'
import { holds, STAFF } from './console'

/** The users that a page names, by id; undefined for visitors who may not see users. */
export type Names = ReadonlyMap<number, NamedUser> | undefined

/** The names of users, for a visitor who may see them in the list of users as well. */
export const namesFor = async (
  request: SignedInRequest,
  ids: Iterable<number | null>,
): Promise<Names> => (holds(request, STAFF) ? findNames(request.deps, ids) : undefined)

/** A user's name where it is known, else their number. */
export const nameOf = (texts: Texts, id: number, names: Names): string =>
  names?.get(id)?.full_name ?? texts.admin.audit.user(String(id))

/** A user in a table, with a link to their page for visitors who may open it. */
export const UserLink: FC<{ id: number | null; names: Names; otherwise: string }> = (props) => {
  const { id, names, otherwise } = props
  const { texts } = usePage()
  if (id === null) return <span class="meta">{otherwise}</span>
  const name = nameOf(texts, id, names)
  const user = names?.get(id)
  return (
    <span class="whom">
      {user ? <a href={`/admin/users/${id}`}>{name}</a> : name}
      {user && <span class="meta">{user.email}</span>}
    </span>
  )
}

/** The API key that acted in its owner's name, and the key that named the client, if there are such keys. */
export const ByKey: FC<{ event: AuditEvent }> = ({ event }) => {
  const { audit: words } = useConsoleTexts()
  const { api_key_id: key, forwarded_by: forwarder } = event
  return (
    <>
      {key !== null && <span class="meta">{words.byKey(key)}</span>}
      {forwarder !== null && <span class="meta">{words.forwardedBy(forwarder)}</span>}
    </>
  )
}

/** An event's name, or its code where it has none. */
export function eventName(texts: Texts, action: string): string {
  const names: Readonly<Record<string, string>> = texts.events
  return names[action] ?? action
}

/** Ids and hashes, which mean nothing to a reader. */
const HIDDEN = new Set(['session_id', 'session_ids', 'address', 'id', 'expires_at'])

/** The other data of an event, as `name: value`. */
export const EventData: FC<{ data: Readonly<Record<string, unknown>> }> = ({ data }) => {
  const shown = Object.entries(data).filter(
    ([name, value]) => !HIDDEN.has(name) && value !== null && value !== false && !isNone(value),
  )
  return shown.length === 0 ? null : (
    <p class="data mono">
      {shown.map(([name, value]) => (
        <span>
          {name}: {told(value)}
        </span>
      ))}
    </p>
  )
}

const isNone = (value: unknown): boolean => Array.isArray(value) && value.length === 0

function told(value: unknown): string {
  if (Array.isArray(value)) return value.map(String).join(', ')
  return typeof value === 'string' ? value : JSON.stringify(value)
}
