/** Parts of an audit event as the console shows them. */
import type { FC } from 'hono/jsx'
import type { AuditEvent } from '../../audit/event-view'
import { findNames, type NamedUser } from '../../users/names'
import { holds, STAFF, type StaffRequest } from './shell'

/** Who is who on a page; undefined for those who may not look at users. */
export type Names = ReadonlyMap<number, NamedUser> | undefined

/** The names of users, for a visitor who may see them in the list of users as well. */
export const namesFor = async (
  request: StaffRequest,
  ids: Iterable<number | null>,
): Promise<Names> => ((await holds(request, STAFF)) ? findNames(request.deps, ids) : undefined)

/** What a user is called: by name where that is known, else by number. */
export const nameOf = (request: StaffRequest, id: number, names: Names): string =>
  names?.get(id)?.full_name ?? request.texts.admin.audit.user(String(id))

/** A user in a table, with the way to his page for those who may take it. */
export const Person: FC<{
  request: StaffRequest
  id: number | null
  names: Names
  otherwise: string
}> = ({ request, id, names, otherwise }) => {
  if (id === null) return <span class="meta">{otherwise}</span>
  const name = nameOf(request, id, names)
  const user = names?.get(id)
  return (
    <span class="whom">
      {user ? <a href={`/admin/users/${id}`}>{name}</a> : name}
      {user && <span class="meta">{user.email}</span>}
    </span>
  )
}

/** The key that acted in its maker's name, if one did. */
export const ByKey: FC<{ request: StaffRequest; event: AuditEvent }> = ({ request, event }) =>
  event.api_key_id === null ? null : (
    <span class="meta">{request.texts.admin.audit.byKey(event.api_key_id)}</span>
  )

/** What an event is called; one without a name by its code. */
export function eventName({ texts }: StaffRequest, action: string): string {
  const names: Readonly<Record<string, string>> = texts.events
  return names[action] ?? action
}

/** Ids and hashes tell a person nothing. */
const HIDDEN = new Set(['session_id', 'session_ids', 'address', 'id', 'expires_at'])

/** What else is known of an event, as `name: value`. */
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
