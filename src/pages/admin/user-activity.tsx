/** What happened to one user, as a timeline, the newest first. */
import type { FC } from 'hono/jsx'
import * as z from 'zod'
import type { AuditEvent } from '../../audit/event-view'
import { eventCursor, listUserActivity } from '../../audit/list-events'
import { findTarget } from '../../users/find-target'
import { ListPanel } from '../components/list-panel'
import { When } from '../components/time'
import { askedCursor, askedField } from '../runtime/address'
import { withQuery } from '../runtime/local-path'
import { page } from '../runtime/page'
import { usePage } from '../runtime/page-context'
import { ByKey, EventData, eventName, nameOf, type Names, namesFor } from './audit-event'
import { idOf, STAFF } from './console'
import { userView } from './user-layout'

export const userActivity = page({
  path: '/admin/users/:id/activity',
  access: STAFF,
  query: () =>
    z.object({
      cursor: askedCursor(eventCursor),
      views: askedField,
    }),
  show: async (request) => {
    const { deps, visitor, query } = request
    const id = idOf(request)
    const from = query.cursor
    const target = await findTarget(deps, id)
    const withViews = query.views === 'true'
    const list = await listUserActivity(deps, visitor.principal, id, from, withViews)
    const ids = list.items.map((event) => event.actor_id)
    const names = await namesFor(request, ids)
    const { user: words } = request.texts.admin
    const home = `/admin/users/${id}/activity`
    const views = withViews ? 'true' : undefined
    return userView(request, {
      user: { ...target, full_name: target.fullName, avatar_url: null },
      tab: 'activity',
      main: (
        <ListPanel
          title={words.activity}
          lead={words.recorded}
          list={list}
          head={
            <p>
              <a href={withViews ? home : `${home}?views=true`}>
                {withViews ? words.withoutViews : words.withViews}
              </a>
            </p>
          }
          words={{ none: words.noActivity }}
          path={(cursor) => withQuery(home, { views, cursor })}
        >
          <ol class="timeline">
            {list.items.map((event) => (
              <Moment event={event} userId={id} names={names} />
            ))}
          </ol>
        </ListPanel>
      ),
    })
  },
})

const Moment: FC<{ event: AuditEvent; userId: number; names: Names }> = (props) => {
  const { event, userId, names } = props
  const { format, texts, visitor } = usePage()
  const { user: words } = texts.admin
  const { actor_id: actor } = event
  const isMine = actor === visitor?.user.id
  return (
    <li>
      <p>
        <strong>{eventName(texts, event.action)}</strong>{' '}
        {actor !== null && actor !== userId && (
          <a class="badge" href={`/admin/users/${actor}`}>
            {words.by(isMine ? words.you : nameOf(texts, actor, names))}
          </a>
        )}{' '}
        <ByKey event={event} />
      </p>
      <p class="meta">
        <When at={event.at} />
        {event.user_agent !== null && ` · ${format.device(event.user_agent)}`}
        {event.country !== null && ` · ${format.place(event.country)}`}
        {event.ip !== null && ` · ${event.ip}`}
      </p>
      <EventData data={event.data} />
    </li>
  )
}
