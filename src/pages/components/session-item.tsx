import type { FC, PropsWithChildren } from 'hono/jsx'
import type { SessionView } from '../../sessions/session-view'
import { usePage } from '../runtime/page-context'
import { Icon } from './icons'
import { When } from './time'

interface SessionItemProps {
  session: SessionView
  words: { current: string; remembered: string; lastUsed: string }
  /** A second time of the session, and what it is. */
  other: { label: string; at: string }
}

/** A session in a list, with the button that ends it as its child. */
export const SessionItem: FC<PropsWithChildren<SessionItemProps>> = (props) => {
  const { session, words, other } = props
  const { format } = usePage()
  const isPhone = /Android|iPhone|iPad|Mobile/.test(session.user_agent ?? '')
  return (
    <li>
      <div class="grow with-icon">
        <Icon name={isPhone ? 'phone' : 'laptop'} size={26} />
        <div>
          <p>
            <strong>{format.device(session.user_agent)}</strong>{' '}
            {session.current && <span class="badge good">{words.current}</span>}{' '}
            {session.remember_me && <span class="badge">{words.remembered}</span>}
          </p>
          <p class="meta">
            {format.place(session.country)}
            {session.ip !== null && ` · ${session.ip}`}
          </p>
          <p class="meta">
            {words.lastUsed} <When at={session.last_used_at} /> · {other.label}{' '}
            <When at={other.at} />
          </p>
        </div>
      </div>
      {props.children}
    </li>
  )
}
