import type { FC } from 'hono/jsx'
import type { SessionView } from '../../sessions/session-view'
import { type PageContext, usePage } from '../runtime/page-context'
import { ButtonForm } from './form'
import { Icon } from './icons'
import { When } from './time'

interface SessionItemProps {
  session: SessionView
  words: { current: string; remembered: string; lastUsed: string }
  /** A second time of the session, and what it is. */
  other: { label: string; at: string }
  /** The button that ends it; null for a session that has none. */
  end: { action: string; label: (device: string) => string; name: string; text: string } | null
}

/** How the user authenticated, such as “Signed in with password and code”. */
function signedInBy(
  { texts, language }: Pick<PageContext, 'texts' | 'language'>,
  { amr }: Pick<SessionView, 'amr'>,
): string {
  const words: Readonly<Record<string, string>> = texts.stepUp.methods
  const names = [...new Set(amr.flatMap((method) => words[method] ?? []))]
  return texts.stepUp.signedInWith(
    new Intl.ListFormat(language, { type: 'conjunction' }).format(names),
  )
}

/** A session in a list, with the button that ends it. */
export const SessionItem: FC<SessionItemProps> = ({ session, words, other, end }) => {
  const page = usePage()
  const { format } = page
  const device = format.device(session.user_agent)
  const isPhone = /Android|iPhone|iPad|Mobile/.test(session.user_agent ?? '')
  return (
    <li>
      <div class="grow with-icon">
        <Icon name={isPhone ? 'phone' : 'laptop'} size={26} />
        <div>
          <p>
            <strong>{device}</strong>{' '}
            {session.current && <span class="badge good">{words.current}</span>}{' '}
            {session.remember_me && <span class="badge">{words.remembered}</span>}
          </p>
          <p class="meta">
            {format.place(session.country)}
            {session.ip !== null && ` · ${session.ip}`}
          </p>
          <p class="meta">{signedInBy(page, session)}</p>
          <p class="meta">
            {words.lastUsed} <When at={session.last_used_at} /> · {other.label}{' '}
            <When at={other.at} />
          </p>
        </div>
      </div>
      {end && (
        <ButtonForm
          action={end.action}
          label={end.label(device)}
          fields={{ [end.name]: session.id }}
        >
          {end.text}
        </ButtonForm>
      )}
    </li>
  )
}
