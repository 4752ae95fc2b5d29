import * as z from 'zod'
import { eventCursor, listOwnActivity } from '../../audit/list-events'
import { ListPanel } from '../components/list-panel'
import { When } from '../components/time'
import { askedField } from '../runtime/address'
import { withQuery } from '../runtime/local-path'
import { page } from '../runtime/page'
import { accountArea } from './account-area'

const HOME = '/account/activity'

/** The user's own events, the newest first. */
const activity = page({
  path: HOME,
  access: 'session',
  query: () => z.object({ cursor: askedField.pipe(eventCursor.optional()) }),
  show: async ({ texts, deps, visitor, format, query }) => {
    const words = texts.account.activity
    const list = await listOwnActivity(deps, visitor.principal, query.cursor)
    const names: Readonly<Record<string, string>> = texts.events
    const older = (list.page > 1 || list.next_cursor !== null) && (
      <p class="spread">
        {list.page > 1 ? <a href={HOME}>{words.newest}</a> : <span />}
        {list.next_cursor !== null && (
          <a href={withQuery(HOME, { cursor: list.next_cursor })}>{words.older}</a>
        )}
      </p>
    )
    return {
      ...accountArea(texts),
      title: words.title,
      lead: words.lead,
      main: (
        <ListPanel list={list} words={{ none: words.empty }} pager={older}>
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
        </ListPanel>
      ),
    }
  },
})

export const activityPages = [activity]
