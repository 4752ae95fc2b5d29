import type { FC } from 'hono/jsx'
import type { AuditEvent } from '../../audit/event-view'
import { When } from '../components/time'
import { ByKey, EventData, eventName, type Names, Person } from './audit-event'
import type { StaffRequest } from './shell'

/** Events as a table, which becomes a list where there is little room. */
export const EventTable: FC<{
  request: StaffRequest
  events: readonly AuditEvent[]
  names: Names
}> = ({ request, events, names }) => {
  const { audit: words } = request.texts.admin
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
          <Row request={request} event={event} names={names} />
        ))}
      </tbody>
    </table>
  )
}

const Row: FC<{ request: StaffRequest; event: AuditEvent; names: Names }> = (props) => {
  const { request, event, names } = props
  const { audit: words } = request.texts.admin
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
        <span class="whom">
          <Person request={request} id={event.actor_id} names={names} otherwise={words.nobody} />
          <ByKey request={request} event={event} />
        </span>
      </td>
      <td data-label={words.whom}>
        <Person request={request} id={event.target_id} names={names} otherwise={words.system} />
      </td>
      <td data-label={words.where} class="meta">
        <span>
          {event.user_agent !== null && (
            <span class="block">{format.device(event.user_agent)}</span>
          )}
          {event.ip}
          {event.country !== null && <span class="block">{format.place(event.country)}</span>}
        </span>
      </td>
    </tr>
  )
}
