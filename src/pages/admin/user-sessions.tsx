/** Where a user is signed in, with buttons to end it. */
import * as z from 'zod'
import { andKeysFields } from '../../api-keys/and-keys'
import { revokeApiKey } from '../../api-keys/revoke-api-key'
import { toSessionViews } from '../../sessions/session-view'
import { getUserSessions } from '../../user-admin/get-user'
import { revokeSessions } from '../../user-admin/user-actions'
import { findTarget } from '../../users/find-target'
import { Checkbox } from '../components/choices'
import { ButtonForm } from '../components/form'
import { KeysAndWebhooks } from '../components/keys-and-webhooks'
import { Panel } from '../components/layout'
import { SessionItem } from '../components/session-item'
import { formPage } from '../runtime/form-page'
import { page, type SignedInRequest, type View } from '../runtime/page'
import { Ask, done, holds, idOf, STAFF, SYSTEM } from './console'
import { userView } from './user-layout'

async function showSessions(request: SignedInRequest): Promise<View> {
  const { deps, visitor } = request
  const id = idOf(request)
  const [target, { sessions: listed, made }] = await Promise.all([
    findTarget(deps, id),
    getUserSessions(deps, visitor.principal, id),
  ])
  // Revoking a single key takes the permission to revoke any; all of them can go with the sessions.
  const mayRevoke = holds(request, SYSTEM)
  const sessions = toSessionViews(listed, visitor.principal.sid)
  const { user: words } = request.texts.admin
  const action = `/admin/users/${id}/end-session`
  const end = { action, label: words.revokeLabel, name: 'session_id', text: words.revoke }
  const revoke = (key: { id: string; name: string }) => (
    <ButtonForm
      action={`/admin/users/${id}/revoke-key`}
      label={words.revokeKeyLabel(key.name)}
      fields={{ key_id: key.id }}
    >
      {words.revokeKey}
    </ButtonForm>
  )
  const user = { ...target, full_name: target.fullName, avatar_url: null }
  return userView(request, {
    user,
    tab: 'sessions',
    main: (
      <>
        <Panel title={words.sessions} lead={words.recorded}>
          {sessions.length === 0 && <p class="empty">{words.noSessions}</p>}
          <ul class="rows">
            {sessions.map((session) => (
              <SessionItem
                session={session}
                words={words}
                other={{ label: words.expires, at: session.expires_at }}
                end={end}
              />
            ))}
          </ul>
          {(sessions.length > 0 || made.api_keys.length > 0) && (
            <Ask
              label={words.revokeAll}
              explain={words.revokeAllLead}
              action={`/admin/users/${id}/end-sessions`}
              isDanger
            >
              {made.api_keys.length > 0 && <Checkbox name="keys" label={words.alsoKeys} />}
            </Ask>
          )}
        </Panel>
        <KeysAndWebhooks made={made} words={words} revoke={mayRevoke ? revoke : undefined} />
      </>
    ),
  })
}

const sessions = page({ path: '/admin/users/:id/sessions', access: STAFF, show: showSessions })

const home = (request: SignedInRequest) => `/admin/users/${idOf(request)}/sessions`
const shared = { access: STAFF, home, show: showSessions } as const

const endOne = formPage({
  ...shared,
  path: '/admin/users/:id/end-session',
  fields: () => z.strictObject({ session_id: z.string().min(1).max(100) }),
  submit: async (request, { session_id: sid }) => {
    await revokeSessions(request.deps, request.visitor.principal, idOf(request), sid)
    return done(home(request), 'user_session_ended')
  },
})

const endAll = formPage({
  ...shared,
  path: '/admin/users/:id/end-sessions',
  fields: () => z.strictObject(andKeysFields),
  submit: async (request, andKeys) => {
    await revokeSessions(request.deps, request.visitor.principal, idOf(request), null, andKeys)
    return done(home(request), 'user_sessions_ended')
  },
})

/** Open to STAFF like the page it is on; the verb asks for a further permission. */
const revokeKey = formPage({
  ...shared,
  path: '/admin/users/:id/revoke-key',
  fields: () => z.strictObject({ key_id: z.string().min(1).max(100) }),
  submit: async (request, { key_id: keyId }) => {
    await revokeApiKey(request.deps, request.visitor.principal, keyId)
    return done(home(request), 'user_key_revoked')
  },
})

export const userSessionPages = [sessions, endOne, endAll, revokeKey]
