import * as z from 'zod'
import { eventCursor, listOwnActivity } from '../../audit/list-events'
import { When } from '../components/time'
import { askedField } from '../runtime/address'
import { page } from '../runtime/page'
import { accountArea } from './account-area'

/** The user's own events, the newest first. */
const activity = page({
  path: '/account/activity',
  access: 'session',
  query: () => z.object({ cursor: askedField.pipe(eventCursor.optional()) }),
  show: async ({ texts, deps, visitor, format, query }) => {
    const words = texts.account.activity
    const from = query.cursor
    const list = await listOwnActivity(deps, visitor.principal, from)
    const names: Readonly<Record<string, string>> = texts.events
    return {
      ...accountArea(texts),
      title: words.title,
      lead: words.lead,
      main: (
        <section class="panel">
          {list.items.length === 0 && <p class="empty">{words.empty}</p>}
          <ul class="rows">
            {list.items.map((event) => (
              <li>
                <div class="grow">
                  <p>
                    {names[event.action] ?? event.action}{' '}
                    {event.by_admin && <span class="badge">{words.byAdmin}</span>}
                    {event.data['new_device'] === true && (
                      <span class="badge warn">{words.newDevice}</span>
                    )}
                  </p>
                  {event.user_agent !== null && (
                    <p class="meta">
                      {format.device(event.user_agent)} · {format.place(event.country)}
                      {event.ip !== null && ` · ${event.ip}`}
                    </p>
                  )}
                </div>
                <span class="meta">
                  <When at={event.at} />
                </span>
              </li>
            ))}
          </ul>
          {(from || list.next_cursor !== null) && (
            <p class="spread">
              {from ? <a href="/account/activity">{words.newest}</a> : <span />}
              {list.next_cursor !== null && (
                <a href={`/account/activity?cursor=${encodeURIComponent(list.next_cursor)}`}>
                  {words.older}
                </a>
              )}
            </p>
          )}
        </section>
      ),
    }
  },
})

export const activityPages = [activity]
