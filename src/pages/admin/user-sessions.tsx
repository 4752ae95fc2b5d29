/** Where a user is signed in, and the ends of it. */
import type { FC } from 'hono/jsx'
import * as z from 'zod'
import { getUserSessions } from '../../admin/get-user'
import { revokeSessions } from '../../admin/user-actions'
import { toSessionViews } from '../../sessions/session-view'
import { findTarget } from '../../users/find-target'
import { Hidden } from '../frame/form'
import { EMPTY_FORM, type FormState } from '../frame/form-state'
import { Icon } from '../frame/icons'
import { Panel } from '../frame/layout'
import { page, type View } from '../frame/page'
import { When } from '../frame/times'
import { Ask, done, idOf, STAFF, staffForm, type StaffRequest } from './shell'
import { userView } from './user-frame'

type Session = ReturnType<typeof toSessionViews>[number]

async function showSessions(request: StaffRequest, form: FormState): Promise<View> {
  const { deps, visitor } = request
  const id = idOf(request)
  const [target, listed] = await Promise.all([
    findTarget(deps, id),
    getUserSessions(deps, visitor.principal, id),
  ])
  const sessions = toSessionViews(listed, visitor.principal.sid)
  const { person: words } = request.texts.admin
  const user = { ...target, full_name: target.fullName, avatar_url: null }
  return userView(request, {
    user,
    tab: 'sessions',
    form,
    main: (
      <Panel title={words.sessions} lead={words.recorded}>
        {sessions.length === 0 && <p class="empty">{words.noSessions}</p>}
        <ul class="rows">
          {sessions.map((session) => (
            <Row request={request} userId={id} session={session} />
          ))}
        </ul>
        {sessions.length > 0 && (
          <Ask
            label={words.revokeAll}
            explain={words.revokeAllLead}
            confirm={words.revokeAll}
            action={`/admin/users/${id}/end-sessions`}
            isDanger
          />
        )}
      </Panel>
    ),
  })
}

const Row: FC<{ request: StaffRequest; userId: number; session: Session }> = (props) => {
  const { request, userId, session } = props
  const { format } = request
  const words = request.texts.admin.person
  const device = format.device(session.user_agent)
  const isPhone = /Android|iPhone|iPad|Mobile/.test(session.user_agent ?? '')
  return (
    <li>
      <Icon name={isPhone ? 'phone' : 'laptop'} size={26} />
      <div class="grow">
        <p>
          <strong>{device}</strong>{' '}
          {session.current && <span class="badge good">{words.current}</span>}{' '}
          {session.remember_me && <span class="badge">{words.remembered}</span>}
        </p>
        <p class="meta">
          {format.place(session.country)}
          {session.ip !== null && ` · ${session.ip}`}
        </p>
        <p class="meta">
          {words.lastUsed} <When at={session.last_used_at} format={format} /> · {words.expires}{' '}
          <When at={session.expires_at} format={format} />
        </p>
      </div>
      <form method="post" action={`/admin/users/${userId}/end-session`}>
        <Hidden name="session_id" value={session.id} />
        <button class="button quiet small" aria-label={words.revokeLabel(device)}>
          {words.revoke}
        </button>
      </form>
    </li>
  )
}

const sessions = page({
  path: '/admin/users/:id/sessions',
  access: STAFF,
  show: (request) => showSessions(request, EMPTY_FORM),
})

const home = (request: StaffRequest) => `/admin/users/${idOf(request)}/sessions`
const shared = { access: STAFF, home, show: showSessions } as const

const endOne = staffForm({
  ...shared,
  path: '/admin/users/:id/end-session',
  fields: z.strictObject({ session_id: z.string().min(1).max(100) }),
  submit: async (request, { session_id: sid }) => {
    await revokeSessions(request.deps, request.visitor.principal, idOf(request), sid)
    return done(home(request), 'user_session_ended')
  },
})

const endAll = staffForm({
  ...shared,
  path: '/admin/users/:id/end-sessions',
  fields: z.strictObject({}),
  submit: async (request) => {
    await revokeSessions(request.deps, request.visitor.principal, idOf(request), null)
    return done(home(request), 'user_sessions_ended')
  },
})

export const userSessionPages = [sessions, endOne, endAll]
