import type { FC } from 'hono/jsx'
import type { AuditEvent } from '../../audit/event-view'
import { type Column, DataTable } from '../components/data-table'
import { When } from '../components/time'
import { usePage } from '../runtime/page-context'
import { ByKey, EventData, eventName, type Names, UserLink } from './audit-event'

/** Events as a table, which becomes a list where there is little room. */
export const EventTable: FC<{ events: readonly AuditEvent[]; names: Names }> = (props) => {
  const { events, names } = props
  const { texts, format } = usePage()
  const { audit: words } = texts.admin
  const columns: Column<AuditEvent>[] = [
    { label: words.when, class: 'meta', cell: (event) => <When at={event.at} /> },
    {
      label: words.what,
      class: 'who',
      isUnlabelled: true,
      cell: ({ action, data }) => (
        <>
          <span title={action}>{eventName(texts, action)}</span>
          <EventData data={data} />
        </>
      ),
    },
    {
      label: words.who,
      cell: (event) => (
        <span class="whom">
          <UserLink id={event.actor_id} names={names} otherwise={words.nobody} />
          <ByKey event={event} />
        </span>
      ),
    },
    {
      label: words.whom,
      cell: (event) => <UserLink id={event.target_id} names={names} otherwise={words.system} />,
    },
    {
      label: words.where,
      class: 'meta',
      cell: ({ user_agent: agent, ip, country }) => (
        <span>
          {agent !== null && <span class="block">{format.device(agent)}</span>}
          {ip}
          {country !== null && <span class="block">{format.place(country)}</span>}
        </span>
      ),
    },
  ]
  return <DataTable class="stack events" columns={columns} rows={events} />
}
