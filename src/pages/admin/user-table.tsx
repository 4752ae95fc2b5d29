/** Users as rows with checkboxes, and the buttons for the chosen ones. */
import type { FC } from 'hono/jsx'
import type { User } from '../../users/user-view'
import { type Column, DataTable } from '../components/data-table'
import { When } from '../components/time'
import { useConsoleTexts } from '../runtime/page-context'

const TONES = { active: 'good', pending: 'warn', deactivated: 'bad' } as const

export const StatusBadge: FC<{ status: User['status'] }> = ({ status }) => (
  <span class={`badge ${TONES[status]}`}>{useConsoleTexts().statuses[status]}</span>
)

export const UserTable: FC<{ users: readonly User[] }> = ({ users }) => {
  const { users: words, never } = useConsoleTexts()
  const { columns: names } = words
  const columns: Column<User>[] = [
    {
      label: words.chooseAll,
      head: (
        <>
          <label class="hit-area">
            <input type="checkbox" data-all="ids" hidden aria-label={words.chooseAll} />
          </label>
          <span class="hidden">{words.chooseAll}</span>
        </>
      ),
      headClass: 'pick',
      class: 'pick',
      isUnlabelled: true,
      cell: ({ id, full_name: name }) => (
        <label class="hit-area">
          <input type="checkbox" name="ids" value={id} aria-label={words.choose(name)} />
        </label>
      ),
    },
    {
      label: names.user,
      class: 'who',
      isUnlabelled: true,
      cell: ({ id, full_name: name, email }) => (
        <>
          <a href={`/admin/users/${id}`}>{name}</a>
          <span class="meta">{email}</span>
        </>
      ),
    },
    { label: names.status, cell: ({ status }) => <StatusBadge status={status} /> },
    {
      label: names.roles,
      cell: ({ roles }) => (
        <span class="marks">
          {roles.map((role) => (
            <span class="badge">{role}</span>
          ))}
        </span>
      ),
    },
    {
      label: names.lastSeen,
      class: 'meta',
      cell: ({ last_login_at: at }) => (at === null ? never : <When at={at} />),
    },
    { label: names.created, class: 'meta', cell: ({ created_at: at }) => <When at={at} /> },
  ]
  return (
    <form method="post" action="/admin/users/bulk" class="bulk">
      <DataTable class="stack" columns={columns} rows={users} />
      <fieldset class="actions bulk-bar">
        <legend class="meta">{words.bulk}</legend>
        <button class="button quiet small" name="do" value="activate">
          {words.activate}
        </button>
        <button class="button quiet small" name="do" value="deactivate">
          {words.deactivate}
        </button>
        <button class="button quiet small" name="do" value="export" data-download>
          {words.exportChosen}
        </button>
      </fieldset>
    </form>
  )
}
