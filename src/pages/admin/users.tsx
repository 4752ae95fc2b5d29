/** All users: search as one types, filters, order, pages, and what can be done with several at once. */
import type { FC } from 'hono/jsx'
import { listUsers } from '../../user-search/list-users'
import { STATUS_FILTERS } from '../../user-search/status-filter'
import { USER_SORTS } from '../../user-search/user-order'
import type { Page } from '../../http/page'
import { roleNames, type RoleMap } from '../../rbac/permissions'
import { roleMap } from '../../rbac/role-map'
import type { User } from '../../users/user-view'
import { page } from '../runtime/page'
import { Icon } from '../components/icons'
import { Pager } from './pager'
import { consoleView, Empty, STAFF, type StaffRequest } from './shell'
import { type AskedUsers, askedUsers, nextPath, previousPath, toUserQuery } from './user-query'
import { UserTable } from './user-table'

export const users = page({
  path: '/admin/users',
  access: STAFF,
  show: async (request) => {
    const { deps, query } = request
    const map = await roleMap(deps)
    const asked = askedUsers(query, map)
    const list = await listUsers(deps, toUserQuery(asked, query))
    const { users: words } = request.texts.admin
    return consoleView(request, {
      styles: ['tables'],
      title: words.title,
      hidesTitle: true,
      main: (
        <>
          <div class="spread page-title">
            <h1>{words.title}</h1>
            <a class="button primary" href="/admin/users/new">
              {words.invite}
            </a>
          </div>
          <Filters request={request} asked={asked} map={map} />
          <Results request={request} asked={asked} list={list} />
          <ExportAll request={request} />
        </>
      ),
    })
  },
})

const Filters: FC<{ request: StaffRequest; asked: AskedUsers; map: RoleMap }> = (props) => {
  const { request, asked, map } = props
  const { users: words, ...all } = request.texts.admin
  const statuses = STATUS_FILTERS.map((value) => ({
    value,
    label: value === 'inactive' ? words.inactive : all.statuses[value],
  }))
  const roles = roleNames(map, [...map.roles.keys()]).map((value) => ({ value, label: value }))
  const sorts = USER_SORTS.map((value) => ({ value, label: words.sorts[value] }))
  return (
    <search>
      <form class="filters panel" action="/admin/users" data-live="results">
        <div class="field wide-field">
          <label for="search">{words.search}</label>
          <input
            id="search"
            name="search"
            type="search"
            value={asked.search}
            placeholder={words.searchHint}
            autocomplete="off"
            spellcheck={false}
            maxlength={320}
          />
        </div>
        <Choice
          name="status"
          label={words.status}
          value={asked.status}
          options={[{ value: '', label: words.anyStatus }, ...statuses]}
        />
        <Choice
          name="role"
          label={words.role}
          value={asked.role}
          options={[{ value: '', label: words.anyRole }, ...roles]}
        />
        <Choice
          name="sort"
          label={words.sort}
          value={asked.sort}
          options={sorts}
          isDisabled={asked.search !== ''}
        />
        <button class="button quiet">{all.apply}</button>
      </form>
    </search>
  )
}

export const Choice: FC<{
  name: string
  label: string
  value: string
  options: readonly { value: string; label: string }[]
  isDisabled?: boolean
}> = ({ name, label, value, options, isDisabled }) => (
  <div class="field">
    <label for={name}>{label}</label>
    <select id={name} name={name} disabled={isDisabled}>
      {options.map((option) => (
        <option value={option.value} selected={option.value === value}>
          {option.label}
        </option>
      ))}
    </select>
  </div>
)

interface ResultsProps {
  request: StaffRequest
  asked: AskedUsers
  list: Page<User>
}

/** The part that a script renews while one types. */
const Results: FC<ResultsProps> = ({ request, asked, list }) => {
  const { users: words, ...all } = request.texts.admin
  const { number } = request.format
  const found = words.found(list.total, all.total(number(list.total), list.total_is_exact))
  const isFiltered = asked.search !== '' || asked.status !== '' || asked.role !== ''
  const previous = previousPath(asked, list.page)
  return (
    <section class="panel" id="results">
      <div class="spread">
        <p role="status">{found}</p>
        {isFiltered && <a href="/admin/users">{all.reset}</a>}
      </div>
      {list.items.length === 0 ? (
        <Empty title={words.noneTitle} text={words.none} />
      ) : (
        <UserTable request={request} users={list.items} />
      )}
      <Pager
        words={all.pager}
        where={
          list.total_is_exact
            ? all.pager.where(number(list.page), number(Math.max(1, list.pages)))
            : all.pager.page(number(list.page))
        }
        previous={previous}
        next={list.next_cursor === null ? undefined : nextPath(asked, list.page, list.next_cursor)}
      />
    </section>
  )
}

const ExportAll: FC<{ request: StaffRequest }> = ({ request }) => {
  const { users: words } = request.texts.admin
  return (
    <section class="panel">
      <h2>{words.exportTitle}</h2>
      <p class="meta">{words.exportLead}</p>
      <form method="post" action="/admin/users/export" class="actions" data-download>
        {(['csv', 'ndjson'] as const).map((format) => (
          <button class="button quiet small" name="format" value={format}>
            <Icon name="download" size={18} />
            {words.exportAs(format.toUpperCase())}
          </button>
        ))}
      </form>
    </section>
  )
}
