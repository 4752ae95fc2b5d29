/** What the pages of one user share: name, status, and the tabs between them. */
import type { FC } from 'hono/jsx'
import type { User } from '../../users/user-view'
import { Avatar } from '../components/avatar'
import { FormAlert } from '../components/form'
import type { SignedInRequest, View } from '../runtime/page'
import { useConsoleTexts } from '../runtime/page-context'
import { consoleView } from './console'
import { StatusBadge } from './user-table'

type Tab = 'overview' | 'sessions' | 'activity'

interface UserView {
  readonly user: Pick<User, 'id' | 'full_name' | 'email' | 'status' | 'avatar_url'>
  readonly tab: Tab
  readonly main: View['main']
}

/** One of a user's pages. Views are logged, so each shows no more than it was opened for. */
export function userView(request: SignedInRequest, { user, tab, main }: UserView) {
  return consoleView(request, {
    title: user.full_name,
    hidesTitle: true,
    main: (
      <>
        <header class="person">
          <Avatar user={user} />
          <div class="person-name">
            <h1>{user.full_name}</h1>
            <p class="meta">
              {user.email} <StatusBadge status={user.status} />
            </p>
          </div>
        </header>
        <Tabs id={user.id} tab={tab} />
        <FormAlert />
        {main}
      </>
    ),
  })
}

const Tabs: FC<{ id: number; tab: Tab }> = ({ id, tab }) => {
  const { tabs, tabsLabel } = useConsoleTexts().user
  const home = `/admin/users/${id}`
  const all = [
    { tab: 'overview', href: home },
    { tab: 'sessions', href: `${home}/sessions` },
    { tab: 'activity', href: `${home}/activity` },
  ] as const
  return (
    <nav class="tabs" aria-label={tabsLabel}>
      {all.map((each) => (
        <a href={each.href} aria-current={each.tab === tab ? 'page' : undefined}>
          {tabs[each.tab]}
        </a>
      ))}
    </nav>
  )
}
