/** What every user can do with their own account, route by route. */
import { sessionHash } from '../../src/crypto/session-hash'
import { call, post } from '../support/api'
import { makeKey } from '../support/api-keys'
import {
  changeEmail,
  changePassword,
  changeToken,
  verifyChange,
  declineChange,
  forgot,
  mailedToken,
  moveTo,
  reset,
  resetToken,
  undoChange,
} from '../support/credentials'
import {
  challengeOf,
  disable,
  enable,
  freshCode,
  ok,
  setUp,
  userWithSecondFactor,
  verify,
} from '../support/second-factor'
import { freshEmail, makeUser, PASSWORD, signedInUser } from '../support/users'
import { postSignIn, registerByApi } from '../support/users-by-api'
import { admin, API, FULL_NAME, invited, setUpReply, signedIn, type Trace, trace } from './traces'

export const USER_TRACES: Readonly<Record<string, Trace>> = {
  'POST /setup': trace('setup.admin_created', async () => ({
    reply: { ...setUpReply, headers: new Headers() },
    about: admin.id,
  })),
  'POST /auth/introspect': {
    leavesNothing: 'it changes nothing: a POST keeps the token out of URLs',
  },
  'POST /auth/register': trace('user.registered', async () => {
    const account = { email: freshEmail(), password: PASSWORD, full_name: FULL_NAME }
    const reply = await post(`${API}/auth/register`, account)
    return { reply, about: reply.body.id }
  }),
  'POST /auth/verify-email': trace('user.email_verified', async () => {
    const { id, email } = await registerByApi()
    const token = await mailedToken(email, '/verify-email')
    return { reply: await post(`${API}/auth/verify-email`, { token }), about: id }
  }),
  'POST /auth/resend-verification': trace('user.verification_resent', async () => {
    const { id, email } = await registerByApi()
    return { reply: await post(`${API}/auth/resend-verification`, { email }), about: id }
  }),
  'POST /auth/decline-registration': trace('user.registration_declined', async () => {
    const { id, email } = await registerByApi()
    const token = await mailedToken(email, '/decline-registration')
    return { reply: await post(`${API}/auth/decline-registration`, { token }), about: id }
  }),
  'POST /auth/accept-invitation': trace('user.invitation_accepted', async () => {
    const { id, email } = await invited()
    const token = await mailedToken(email, '/accept-invitation')
    const reply = await post(`${API}/auth/accept-invitation`, { token, password: PASSWORD })
    return { reply, about: id }
  }),
  'POST /auth/login': trace('auth.signed_in', async () => {
    const person = await makeUser()
    return { reply: await postSignIn(person), about: person.id }
  }),
  'POST /auth/2fa/verify': trace('auth.signed_in', async () => {
    const person = await userWithSecondFactor()
    const challenge = await challengeOf(person)
    const reply = await verify(challenge, { code: await freshCode(person) })
    return { reply, about: sessionHash(reply.body.session_id) }
  }),
  'POST /auth/refresh': {
    leavesNothing: 'it happens many times a day; only reuse is an event (sessions/refresh.test.ts)',
  },
  'POST /auth/step-up': trace('auth.stepped_up', async () => {
    const { asks, sessionId } = await signedInUser()
    const reply = await asks('POST', '/auth/step-up', { password: PASSWORD })
    return { reply, about: sessionHash(sessionId) }
  }),
  'POST /auth/logout': signedIn('auth.sessions_ended', ({ token }) =>
    post(`${API}/auth/logout`, undefined, { token }),
  ),
  'POST /auth/forgot-password': trace('user.password_reset_requested', async () => {
    const { id, email } = await makeUser()
    return { reply: await forgot(email), about: id }
  }),
  'POST /auth/reset-password': trace('user.password_reset', async () => {
    const { id, email } = await makeUser()
    return { reply: await reset(await resetToken(email)), about: id }
  }),
  'POST /auth/confirm-email-change': signedIn('user.email_changed', async (who) =>
    verifyChange(await changeToken(who, freshEmail()), { by: who.token }),
  ),
  'POST /auth/decline-email-change': signedIn('user.email_change_declined', async (who) =>
    declineChange(await changeToken(who, freshEmail())),
  ),
  'POST /auth/undo-email-change': signedIn('user.email_change_undone', async (who) =>
    undoChange(await moveTo(who, who.email, freshEmail())),
  ),
  'POST /users/change-email': signedIn('user.email_change_requested', (who) =>
    changeEmail(who, freshEmail()),
  ),
  'POST /users/change-password': signedIn('user.password_changed', (who) => changePassword(who)),
  'PUT /users/profile': signedIn('user.profile_updated', ({ token }) =>
    call('PUT', `${API}/users/profile`, { bio: 'Engines' }, { token }),
  ),
  'PATCH /users/profile': signedIn('user.profile_updated', ({ token }) =>
    call('PATCH', `${API}/users/profile`, { bio: 'Engines' }, { token }),
  ),
  'DELETE /users/sessions/{id}': signedIn('auth.sessions_ended', ({ token, sessionId }) =>
    call('DELETE', `${API}/users/sessions/${sessionId}`, undefined, { token }),
  ),
  'DELETE /users/sessions': signedIn(
    ['user.sessions_revoked', 'auth.sessions_ended'],
    async (who) => {
      const { access_token: token } = ok(await postSignIn(who)).body
      return call('DELETE', `${API}/users/sessions`, undefined, { token })
    },
  ),
  'DELETE /users/api-keys/{id}': trace('api_key.revoked', async () => {
    const { id } = await makeKey(admin)
    const { token } = admin
    const reply = await call('DELETE', `${API}/users/api-keys/${id}`, undefined, { token })
    return { reply, about: id }
  }),
  'DELETE /users/account': signedIn('user.erased', ({ token }) =>
    call('DELETE', `${API}/users/account`, { password: PASSWORD }, { token }),
  ),
  'POST /users/2fa/setup': signedIn('two_factor.setup_started', setUp),
  'POST /users/2fa/enable': signedIn('two_factor.enabled', async (who) =>
    enable(who, await freshCode(ok(await setUp(who)).body)),
  ),
  'POST /users/2fa/disable': signedIn(
    'two_factor.disabled',
    async (who) => disable(who, { code: await freshCode(who) }),
    userWithSecondFactor,
  ),
  'POST /users/2fa/recovery-codes': signedIn(
    'two_factor.recovery_codes_renewed',
    async (who) => {
      const proof = { password: PASSWORD, code: await freshCode(who) }
      return post(`${API}/users/2fa/recovery-codes`, proof, { token: who.token })
    },
    userWithSecondFactor,
  ),
}
