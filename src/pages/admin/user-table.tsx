/** Users as rows that can be chosen, and the buttons for those that are. */
import type { FC } from 'hono/jsx'
import type { AdminTexts } from '../../texts/en/admin'
import type { User } from '../../users/user-view'
import { When } from '../components/time'
import type { StaffRequest } from './shell'

const TONES = { active: 'good', pending: 'warn', deactivated: 'bad' } as const

export const StatusBadge: FC<{ words: AdminTexts; status: User['status'] }> = (p) => (
  <span class={`badge ${TONES[p.status]}`}>{p.words.statuses[p.status]}</span>
)

export const UserTable: FC<{ request: StaffRequest; users: readonly User[] }> = (props) => {
  const { request, users } = props
  const all = request.texts.admin
  const words = all.users
  const { columns } = words
  return (
    <form method="post" action="/admin/users/bulk" class="bulk">
      <table class="stack">
        <thead>
          <tr>
            <th scope="col" class="pick">
              <label class="hit-area">
                <input type="checkbox" data-all="ids" hidden aria-label={words.chooseAll} />
              </label>
              <span class="hidden">{words.chooseAll}</span>
            </th>
            <th scope="col">{columns.user}</th>
            <th scope="col">{columns.status}</th>
            <th scope="col">{columns.roles}</th>
            <th scope="col">{columns.lastSeen}</th>
            <th scope="col">{columns.created}</th>
          </tr>
        </thead>
        <tbody>
          {users.map((user) => (
            <Row request={request} user={user} />
          ))}
        </tbody>
      </table>
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

const Row: FC<{ request: StaffRequest; user: User }> = ({ request, user }) => {
  const all = request.texts.admin
  const { columns, choose } = all.users
  return (
    <tr>
      <td class="pick">
        <label class="hit-area">
          <input type="checkbox" name="ids" value={user.id} aria-label={choose(user.full_name)} />
        </label>
      </td>
      <td class="who">
        <a href={`/admin/users/${user.id}`}>{user.full_name}</a>
        <span class="meta">{user.email}</span>
      </td>
      <td data-label={columns.status}>
        <StatusBadge words={all} status={user.status} />
      </td>
      <td data-label={columns.roles}>
        <span class="marks">
          {user.roles.map((role) => (
            <span class="badge">{role}</span>
          ))}
        </span>
      </td>
      <td data-label={columns.lastSeen} class="meta">
        {user.last_login_at === null ? (
          all.never
        ) : (
          <When at={user.last_login_at} format={request.format} />
        )}
      </td>
      <td data-label={columns.created} class="meta">
        <When at={user.created_at} format={request.format} />
      </td>
    </tr>
  )
}
