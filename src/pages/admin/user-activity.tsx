/** What happened to one user, as a timeline, the newest first. */
import type { FC } from 'hono/jsx'
import type { AuditEvent } from '../../audit/event-view'
import { listUserActivity } from '../../audit/list-events'
import { cursorField } from '../../http/page'
import { findTarget } from '../../users/find-target'
import { EMPTY_FORM } from '../frame/form-state'
import { Panel } from '../frame/layout'
import { page } from '../frame/page'
import { When } from '../frame/times'
import { EventData, eventName } from './event-parts'
import { Pager } from './pager'
import { idOf, STAFF, type StaffRequest } from './shell'
import { userView } from './user-frame'
import { wordsOf } from './words'

export const EVENT_KEY = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

export const userActivity = page({
  path: '/admin/users/:id/activity',
  access: STAFF,
  show: async (request) => {
    const { deps, visitor, query } = request
    const id = idOf(request)
    const from = cursorField(EVENT_KEY).safeParse(query.get('cursor') ?? '').data
    const target = await findTarget(deps, id)
    const list = await listUserActivity(deps, visitor.principal, id, from)
    const { person: words, pager } = wordsOf(request)
    const home = `/admin/users/${id}/activity`
    return userView(request, {
      user: { ...target, full_name: target.fullName, avatar_url: null },
      tab: 'activity',
      form: EMPTY_FORM,
      main: (
        <Panel title={words.activity} lead={words.recorded}>
          {list.items.length === 0 && <p class="empty">{words.noActivity}</p>}
          <ol class="timeline">
            {list.items.map((event) => (
              <Moment request={request} event={event} userId={id} />
            ))}
          </ol>
          <Pager
            words={pager}
            where={pager.page(request.format.number(list.page))}
            first={from ? home : undefined}
            next={
              list.next_cursor === null
                ? undefined
                : `${home}?cursor=${encodeURIComponent(list.next_cursor)}`
            }
          />
        </Panel>
      ),
    })
  },
})

const Moment: FC<{ request: StaffRequest; event: AuditEvent; userId: number }> = (props) => {
  const { request, event, userId } = props
  const { format } = request
  const { person, audit } = wordsOf(request)
  const isByAnother = event.actor_id !== null && event.actor_id !== userId
  const isMine = event.actor_id === request.visitor.user.id
  const who = isMine ? person.you : audit.user(String(event.actor_id))
  return (
    <li>
      <p>
        <strong>{eventName(request, event.action)}</strong>{' '}
        {isByAnother && (
          <a class="badge" href={`/admin/users/${event.actor_id}`}>
            {person.by(who)}
          </a>
        )}
      </p>
      <p class="meta">
        <When at={event.at} format={format} />
        {event.user_agent !== null && ` · ${format.device(event.user_agent)}`}
        {event.country !== null && ` · ${format.place(event.country)}`}
        {event.ip !== null && ` · ${event.ip}`}
      </p>
      <EventData data={event.data} />
    </li>
  )
}
