/** What the pages of one user share: name, status, and the tabs between them. */
import type { User } from '../../users/user-view'
import { Avatar } from '../components/avatar'
import { FormAlert } from '../components/form'
import { Tabs } from '../components/tabs'
import type { SignedInRequest, View } from '../runtime/page'
import { consoleView } from './console'
import { StatusBadge } from './user-table'

const TABS = ['overview', 'sessions', 'activity'] as const

interface UserView {
  readonly user: Pick<User, 'id' | 'full_name' | 'email' | 'status' | 'avatar_url'>
  readonly tab: (typeof TABS)[number]
  readonly main: View['main']
}

/** One of a user's pages. Views are logged, so each shows no more than it was opened for. */
export function userView(request: SignedInRequest, { user, tab, main }: UserView) {
  const words = request.texts.admin.user
  const home = `/admin/users/${user.id}`
  const tabs = TABS.map((name) => ({
    href: name === 'overview' ? home : `${home}/${name}`,
    label: words.tabs[name],
    isCurrent: name === tab,
  }))
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
        <Tabs label={words.tabsLabel} tabs={tabs} />
        <FormAlert />
        {main}
      </>
    ),
  })
}
