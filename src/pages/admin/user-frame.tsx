/** What the pages of one user share: his name, status, and the ways between them. */
import type { FC } from 'hono/jsx'
import type { User } from '../../users/user-view'
import type { FormState } from '../frame/form-state'
import { FormAlert } from '../frame/form'
import type { View } from '../frame/page'
import { consoleView, type StaffRequest } from './shell'
import { StatusBadge } from './user-table'
import { wordsOf } from './words'

type Tab = 'overview' | 'sessions' | 'activity'

interface UserView {
  readonly user: Pick<User, 'id' | 'full_name' | 'email' | 'status' | 'avatar_url'>
  readonly tab: Tab
  readonly form: FormState
  readonly main: View['main']
}

/** One of a user's pages. Looking is recorded, so each shows no more than it was opened for. */
export function userView(request: StaffRequest, { user, tab, form, main }: UserView) {
  const picture = user.avatar_url
  return consoleView(request, {
    title: user.full_name,
    hidesTitle: true,
    ...(picture !== null && { imageOrigins: [new URL(picture).origin] }),
    main: (
      <>
        <header class="person">
          <Face user={user} />
          <div class="person-name">
            <h1>{user.full_name}</h1>
            <p class="meta">
              {user.email} <StatusBadge words={wordsOf(request)} status={user.status} />
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

const Face: FC<{ user: UserView['user'] }> = ({ user }) =>
  user.avatar_url === null ? (
    <span class="avatar" aria-hidden="true">
      {initials(user.full_name)}
    </span>
  ) : (
    <img
      class="avatar"
      src={user.avatar_url}
      alt=""
      width={64}
      height={64}
      referrerpolicy="no-referrer"
    />
  )

const initials = (name: string): string =>
  name
    .split(/\s+/)
    .filter(Boolean)
    .map((word) => Array.from(word)[0] ?? '')
    .filter((_, i, all) => i === 0 || i === all.length - 1)
    .join('')
    .toUpperCase()

const Tabs: FC<{ request: StaffRequest; id: number; tab: Tab }> = ({ request, id, tab }) => {
  const { tabs, tabsLabel } = wordsOf(request).person
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
