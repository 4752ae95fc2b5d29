import type { FC } from 'hono/jsx'
import type { AuditEvent } from '../../audit/event-view'
import { When } from '../frame/times'
import { EventData, eventName } from './event-parts'
import type { StaffRequest } from './shell'
import { wordsOf } from './words'

/** Events as a table, which becomes a list where there is little room. */
export const EventTable: FC<{ request: StaffRequest; events: readonly AuditEvent[] }> = (props) => {
  const { request, events } = props
  const { audit: words } = wordsOf(request)
  return (
    <table class="stack events">
      <thead>
        <tr>
          <th scope="col">{words.when}</th>
          <th scope="col">{words.what}</th>
          <th scope="col">{words.who}</th>
          <th scope="col">{words.whom}</th>
          <th scope="col">{words.where}</th>
        </tr>
      </thead>
      <tbody>
        {events.map((event) => (
          <Row request={request} event={event} />
        ))}
      </tbody>
    </table>
  )
}

const Row: FC<{ request: StaffRequest; event: AuditEvent }> = ({ request, event }) => {
  const { audit: words } = wordsOf(request)
  const { format } = request
  return (
    <tr>
      <td data-label={words.when} class="meta">
        <When at={event.at} format={format} />
      </td>
      <td class="who">
        <span title={event.action}>{eventName(request, event.action)}</span>
        <EventData data={event.data} />
      </td>
      <td data-label={words.who}>
        <Person request={request} id={event.actor_id} otherwise={words.nobody} />
      </td>
      <td data-label={words.whom}>
        <Person request={request} id={event.target_id} otherwise={words.system} />
      </td>
      <td data-label={words.where} class="meta">
        <span>
          {event.user_agent !== null && (
            <span class="block">{format.device(event.user_agent)}</span>
          )}
          {event.ip} {event.country !== null && format.place(event.country)}
        </span>
      </td>
    </tr>
  )
}

const Person: FC<{ request: StaffRequest; id: number | null; otherwise: string }> = (props) =>
  props.id === null ? (
    <span class="meta">{props.otherwise}</span>
  ) : (
    <a href={`/admin/users/${props.id}`}>{wordsOf(props.request).audit.user(String(props.id))}</a>
  )
