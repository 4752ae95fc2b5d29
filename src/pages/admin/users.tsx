/** All users: live search, filters, order, pages, and what can be done with several at once. */
import type { FC } from 'hono/jsx'
import * as z from 'zod'
import type { ListPage } from '../../http/list-page'
import { roleNames, type RoleMap } from '../../rbac/permissions'
import { roleMap } from '../../rbac/role-map'
import {
  EXPORT_FORMATS,
  EXPORT_TYPES,
  exportName,
  exportUsers,
} from '../../user-admin/export-users'
import { listUsers } from '../../user-search/list-users'
import { STATUS_FILTERS } from '../../user-search/status-filter'
import { USER_SORTS } from '../../user-search/user-order'
import type { User } from '../../users/user-view'
import { Select } from '../components/choices'
import { FilterForm } from '../components/form'
import { Icon } from '../components/icons'
import { ListPanel, Pager } from '../components/list-panel'
import { download } from '../runtime/download'
import { formPage } from '../runtime/form-page'
import { page } from '../runtime/page'
import { useConsoleTexts, usePage } from '../runtime/page-context'
import { consoleView, STAFF } from './console'
import {
  type AskedUsers,
  askedUsers,
  nextPath,
  previousPath,
  toUserQuery,
  UsersQuery,
} from './user-query'
import { UserTable } from './user-table'

export const users = page({
  path: '/admin/users',
  access: STAFF,
  query: UsersQuery,
  show: async (request) => {
    const { deps, query } = request
    const map = await roleMap(deps)
    const asked = askedUsers(query, map)
    const list = await listUsers(deps, toUserQuery(asked, query))
    const { users: words } = request.texts.admin
    return consoleView(request, {
      styles: ['tables'],
      title: words.title,
      titleLink: { href: '/admin/users/new', label: words.invite },
      main: (
        <>
          <Filters asked={asked} map={map} />
          <Results asked={asked} list={list} />
          <ExportAll />
        </>
      ),
    })
  },
})

const Filters: FC<{ asked: AskedUsers; map: RoleMap }> = ({ asked, map }) => {
  const { users: words, ...all } = useConsoleTexts()
  const statuses = STATUS_FILTERS.map((value) => ({
    value,
    label: value === 'inactive' ? words.inactive : all.statuses[value],
  }))
  const roles = roleNames(map, [...map.roles.keys()]).map((value) => ({ value, label: value }))
  const sorts = USER_SORTS.map((value) => ({ value, label: words.sorts[value] }))
  return (
    <FilterForm action="/admin/users" values={{ ...asked }} live="results">
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
      <Select
        name="status"
        label={words.status}
        options={[{ value: '', label: words.anyStatus }, ...statuses]}
      />
      <Select
        name="role"
        label={words.role}
        options={[{ value: '', label: words.anyRole }, ...roles]}
      />
      <Select name="sort" label={words.sort} options={sorts} isDisabled={asked.search !== ''} />
    </FilterForm>
  )
}

interface ResultsProps {
  asked: AskedUsers
  list: ListPage<User>
}

/** The part that a script renews during typing. */
const Results: FC<ResultsProps> = ({ asked, list }) => {
  const { users: words, ...all } = useConsoleTexts()
  const { number } = usePage().format
  const found = words.found(list.total, all.total(number(list.total), list.total_is_exact))
  const isFiltered = asked.search !== '' || asked.status !== '' || asked.role !== ''
  const previous = previousPath(asked, list.page)
  return (
    <ListPanel
      id="results"
      list={list}
      head={
        <div class="spread">
          <p role="status">{found}</p>
          {isFiltered && <a href="/admin/users">{all.reset}</a>}
        </div>
      }
      words={words}
      pager={
        <Pager
          where={
            list.total_is_exact
              ? all.pager.where(number(list.page), number(Math.max(1, list.pages)))
              : all.pager.page(number(list.page))
          }
          previous={previous}
          next={
            list.next_cursor === null ? undefined : nextPath(asked, list.page, list.next_cursor)
          }
        />
      }
    >
      <UserTable users={list.items} />
    </ListPanel>
  )
}

/** All users as a download. A POST, because it leaves a record that no link on another site may cause. */
export const exportAll = formPage({
  path: '/admin/users/export',
  access: STAFF,
  fields: () => z.strictObject({ format: z.enum(EXPORT_FORMATS).default('ndjson') }),
  home: '/admin/users',
  submit: async ({ deps, visitor }, { format }) => {
    const users = await exportUsers(deps, visitor.principal, format)
    return download(users, exportName(deps, format), EXPORT_TYPES[format])
  },
})

const ExportAll: FC = () => {
  const { users: words } = useConsoleTexts()
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
