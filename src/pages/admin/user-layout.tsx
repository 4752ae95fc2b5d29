/** What the pages of one user share: his name, status, and the ways between them. */
import type { FC } from 'hono/jsx'
import type { User } from '../../users/user-view'
import type { FormState } from '../runtime/form-state'
import { Avatar } from '../components/avatar'
import { FormAlert } from '../components/form'
import type { View } from '../runtime/page'
import { consoleView, type StaffRequest } from './shell'
import { StatusBadge } from './user-table'

type Tab = 'overview' | 'sessions' | 'activity'

interface UserView {
  readonly user: Pick<User, 'id' | 'full_name' | 'email' | 'status' | 'avatar_url'>
  readonly tab: Tab
  readonly form: FormState
  readonly main: View['main']
}

/** One of a user's pages. Looking is recorded, so each shows no more than it was opened for. */
export function userView(request: StaffRequest, { user, tab, form, main }: UserView) {
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
              {user.email} <StatusBadge words={request.texts.admin} status={user.status} />
            </p>
          </div>
        </header>
        <Tabs request={request} id={user.id} tab={tab} />
        <FormAlert texts={request.texts} form={form} />
        {main}
      </>
    ),
  })
}

const Tabs: FC<{ request: StaffRequest; id: number; tab: Tab }> = ({ request, id, tab }) => {
  const { tabs, tabsLabel } = request.texts.admin.user
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
