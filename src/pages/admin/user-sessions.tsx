/** Where a user is signed in, and the ends of it. */
import type { FC } from 'hono/jsx'
import * as z from 'zod'
import { andKeysFields } from '../../api-keys/and-keys'
import { revokeApiKey } from '../../api-keys/revoke-api-key'
import { getUserSessions } from '../../user-admin/get-user'
import { revokeSessions } from '../../user-admin/user-actions'
import { toSessionViews } from '../../sessions/session-view'
import { findTarget } from '../../users/find-target'
import { Checkbox, Hidden } from '../components/form'
import { EMPTY_FORM, type FormState } from '../runtime/form-state'
import { Icon } from '../components/icons'
import { Panel } from '../components/layout'
import { page, type View } from '../runtime/page'
import { When } from '../components/time'
import { Ask, done, holds, idOf, STAFF, staffForm, type StaffRequest, SYSTEM } from './shell'
import { userView } from './user-layout'
import { UserApiKeysAndWebhooks } from './user-api-keys-and-webhooks'

type Session = ReturnType<typeof toSessionViews>[number]

async function showSessions(request: StaffRequest, form: FormState): Promise<View> {
  const { deps, visitor } = request
  const id = idOf(request)
  const [target, { sessions: listed, made }] = await Promise.all([
    findTarget(deps, id),
    getUserSessions(deps, visitor.principal, id),
  ])
  // One key at a time is ended by who may end any key; all at once with the sessions.
  const mayRevoke = await holds(request, SYSTEM)
  const sessions = toSessionViews(listed, visitor.principal.sid)
  const { user: words } = request.texts.admin
  const user = { ...target, full_name: target.fullName, avatar_url: null }
  return userView(request, {
    user,
    tab: 'sessions',
    form,
    main: (
      <>
        <Panel title={words.sessions} lead={words.recorded}>
          {sessions.length === 0 && <p class="empty">{words.noSessions}</p>}
          <ul class="rows">
            {sessions.map((session) => (
              <Row request={request} userId={id} session={session} />
            ))}
          </ul>
          {(sessions.length > 0 || made.api_keys.length > 0) && (
            <Ask
              label={words.revokeAll}
              explain={words.revokeAllLead}
              confirm={words.revokeAll}
              action={`/admin/users/${id}/end-sessions`}
              isDanger
            >
              {made.api_keys.length > 0 && (
                <Checkbox form={EMPTY_FORM} name="keys" label={words.alsoKeys} />
              )}
            </Ask>
          )}
        </Panel>
        <UserApiKeysAndWebhooks request={request} userId={id} made={made} mayRevoke={mayRevoke} />
      </>
    ),
  })
}

const Row: FC<{ request: StaffRequest; userId: number; session: Session }> = (props) => {
  const { request, userId, session } = props
  const { format } = request
  const words = request.texts.admin.user
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
  fields: z.strictObject(andKeysFields),
  submit: async (request, andKeys) => {
    await revokeSessions(request.deps, request.visitor.principal, idOf(request), null, andKeys)
    return done(home(request), 'user_sessions_ended')
  },
})

/** Opened by STAFF, as the page that it is on; the verb asks for more. */
const revokeKey = staffForm({
  ...shared,
  path: '/admin/users/:id/revoke-key',
  fields: z.strictObject({ key_id: z.string().min(1).max(100) }),
  submit: async (request, { key_id: keyId }) => {
    await revokeApiKey(request.deps, request.visitor.principal, keyId)
    return done(home(request), 'user_key_revoked')
  },
})

export const userSessionPages = [sessions, endOne, endAll, revokeKey]
