/** Parts of an audit event as the console shows them. */
import type { FC } from 'hono/jsx'
import type { StaffRequest } from './shell'

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
