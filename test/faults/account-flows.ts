/** Flows of visitors and of the signed-in, apart from the second factor. */
import { env } from 'cloudflare:workers'
import { changeToken, mailedToken, moveTo, NEW_PASSWORD, resetToken } from '../support/credentials'
import { freshEmail, makeUser, PASSWORD, signedInUser, signIn } from '../support/users'
import { registerByApi } from '../support/users-by-api'
import {
  admin,
  type Flows,
  has,
  hasToken,
  isDead,
  isLive,
  isRevoked,
  keyOf,
  opensSession,
} from './flow'

const A = '/api/v1/auth'
const U = '/api/v1/users'
const GONE = ['invalid_access_token']
const SPENT = ['invalid_token']

export const accountFlows: Flows = {
  [`POST ${A}/register`]: async () => {
    const email = freshEmail()
    return {
      ask: {
        method: 'POST',
        path: `${A}/register`,
        body: { email, password: PASSWORD, full_name: 'Ada Lovelace' },
      },
      isDone: async () =>
        (await has('SELECT 1 FROM users WHERE email_key = ?', email)) &&
        (await hasToken('verify_email', email)),
      again: ['email_taken'],
      once: { event: 'user.registered', email },
    }
  },
  [`POST ${A}/verify-email`]: async () => {
    const { email, id } = await registerByApi()
    const token = await mailedToken(email, '/verify-email')
    return {
      ask: { method: 'POST', path: `${A}/verify-email`, body: { token } },
      isDone: () => has("SELECT 1 FROM users WHERE id = ? AND status = 'active'", id),
      again: SPENT,
      once: { event: 'user.email_verified', id },
    }
  },
  [`POST ${A}/resend-verification`]: async () => {
    const { email, id } = await registerByApi()
    await env.DB.prepare('DELETE FROM one_time_tokens WHERE user_id = ?').bind(id).run()
    return {
      ask: { method: 'POST', path: `${A}/resend-verification`, body: { email } },
      isDone: () => hasToken('verify_email', email),
    }
  },
  [`POST ${A}/decline-registration`]: async () => {
    const { email, id } = await registerByApi()
    const token = await mailedToken(email, '/decline-registration')
    return {
      ask: { method: 'POST', path: `${A}/decline-registration`, body: { token } },
      isDone: async () => !(await has('SELECT 1 FROM users WHERE id = ?', id)),
      again: SPENT,
      once: { event: 'user.registration_declined', id },
    }
  },
  [`POST ${A}/login`]: async () => {
    const { email } = await makeUser()
    return {
      ask: { method: 'POST', path: `${A}/login`, body: { username: email, password: PASSWORD } },
      isDone: opensSession,
    }
  },
  [`POST ${A}/refresh`]: async () => {
    const ada = await signedInUser({ remember_me: true })
    return {
      ask: { method: 'POST', path: `${A}/refresh`, body: { refresh_token: ada.refreshToken } },
      isDone: async (body) => (await opensSession(body)) && (await isLive(ada)),
    }
  },
  [`POST ${A}/logout`]: async () => {
    const ada = await signedInUser()
    return {
      ask: { method: 'POST', path: `${A}/logout`, token: ada.token },
      isDone: () => isDead(ada),
      again: GONE,
    }
  },
  [`POST ${A}/forgot-password`]: async () => {
    const { email } = await makeUser()
    return {
      ask: { method: 'POST', path: `${A}/forgot-password`, body: { email } },
      isDone: () => hasToken('reset_password', email),
    }
  },
  [`POST ${A}/reset-password`]: async () => {
    const ada = await signedInUser()
    const token = await resetToken(ada.email)
    const body = { token, new_password: NEW_PASSWORD }
    return {
      ask: { method: 'POST', path: `${A}/reset-password`, body },
      isDone: () => isDead(ada),
      again: SPENT,
      once: { event: 'user.password_reset', id: ada.id },
    }
  },
  [`POST ${U}/change-password`]: async () => {
    const ada = await signedInUser()
    return {
      ask: {
        method: 'POST',
        path: `${U}/change-password`,
        body: { current_password: PASSWORD, new_password: NEW_PASSWORD },
        token: ada.token,
      },
      isDone: () => isDead(ada),
      again: [...GONE, 'incorrect_password'],
      once: { event: 'user.password_changed', id: ada.id },
    }
  },
  [`POST ${U}/change-email`]: async () => {
    const ada = await signedInUser()
    const next = freshEmail()
    const body = { password: PASSWORD, new_email: next }
    return {
      ask: { method: 'POST', path: `${U}/change-email`, body, token: ada.token },
      isDone: () => hasToken('confirm_email_change', next),
    }
  },
  [`POST ${A}/confirm-email-change`]: async () => {
    const ada = await signedInUser()
    const next = freshEmail()
    const token = await changeToken(ada, next)
    return {
      ask: {
        method: 'POST',
        path: `${A}/confirm-email-change`,
        body: { token, password: PASSWORD },
      },
      isDone: async () =>
        (await has('SELECT 1 FROM users WHERE id = ? AND email_key = ?', ada.id, next)) &&
        (await hasToken('undo_email_change', ada.email)),
      again: SPENT,
      once: { event: 'user.email_changed', id: ada.id },
    }
  },
  [`POST ${A}/decline-email-change`]: async () => {
    const ada = await signedInUser()
    const next = freshEmail()
    const token = await changeToken(ada, next)
    return {
      ask: { method: 'POST', path: `${A}/decline-email-change`, body: { token } },
      isDone: async () => !(await hasToken('confirm_email_change', next)),
      again: SPENT,
      once: { event: 'user.email_change_declined', id: ada.id },
    }
  },
  [`POST ${A}/undo-email-change`]: async () => {
    const ada = await signedInUser()
    const token = await moveTo(ada, ada.email, freshEmail())
    return {
      ask: { method: 'POST', path: `${A}/undo-email-change`, body: { token } },
      isDone: async () =>
        (await has('SELECT 1 FROM users WHERE id = ? AND email_key = ?', ada.id, ada.email)) &&
        (await isDead(ada)),
      again: SPENT,
      once: { event: 'user.email_change_undone', id: ada.id },
    }
  },
  ...profileFlow('PUT'),
  ...profileFlow('PATCH'),
  [`DELETE ${U}/sessions/{id}`]: async () => {
    const ada = await makeUser()
    const [one, other] = [await signIn(ada), await signIn(ada)]
    return {
      ask: { method: 'DELETE', path: `${U}/sessions/${other.sessionId}`, token: one.token },
      isDone: async () => (await isDead(other)) && (await isLive(one)),
      again: ['not_found'],
    }
  },
  [`DELETE ${U}/sessions`]: async () => {
    const ada = await makeUser()
    const [one, other] = [await signIn(ada), await signIn(ada)]
    const key = await keyOf(one)
    return {
      ask: { method: 'DELETE', path: `${U}/sessions?keys=true`, token: one.token },
      isDone: async () => (await isDead(other)) && (await isLive(one)) && (await isRevoked(key)),
      once: { event: 'api_key.all_revoked', id: ada.id },
    }
  },
  [`DELETE ${U}/api-keys/{id}`]: async () => {
    const ada = await signedInUser()
    const key = await keyOf(ada)
    return {
      ask: { method: 'DELETE', path: `${U}/api-keys/${key}`, token: ada.token },
      isDone: () => isRevoked(key),
      once: { event: 'api_key.revoked', id: ada.id },
    }
  },
  [`DELETE ${U}/account`]: async () => {
    const ada = await signedInUser()
    return {
      ask: {
        method: 'DELETE',
        path: `${U}/account`,
        body: { password: PASSWORD },
        token: ada.token,
      },
      isDone: async () =>
        !(await has('SELECT 1 FROM users WHERE id = ?', ada.id)) && (await isDead(ada)),
      again: [...GONE, 'incorrect_password'],
      once: { event: 'user.erased', id: ada.id },
    }
  },
  [`POST ${A}/accept-invitation`]: async () => {
    const email = freshEmail()
    const boss = await admin()
    const { body: invited } = await boss.asks('POST', '/admin/users', {
      email,
      full_name: 'Ada Lovelace',
    })
    const token = await mailedToken(email, '/accept-invitation')
    return {
      ask: { method: 'POST', path: `${A}/accept-invitation`, body: { token, password: PASSWORD } },
      isDone: () => has("SELECT 1 FROM users WHERE id = ? AND status = 'active'", invited.id),
      again: SPENT,
      once: { event: 'user.invitation_accepted', id: invited.id },
    }
  },
  'POST /api/v1/setup': async () => {
    const email = freshEmail()
    await env.DB.prepare(
      "DELETE FROM user_roles WHERE role_id = (SELECT id FROM roles WHERE name = 'admin')",
    ).run()
    const body = { token: env.SETUP_TOKEN, email, password: PASSWORD, full_name: 'Ada Lovelace' }
    return {
      ask: { method: 'POST', path: '/api/v1/setup', body },
      isDone: () => has("SELECT 1 FROM users WHERE email_key = ? AND status = 'active'", email),
      again: ['not_found'],
      once: { event: 'setup.admin_created', email },
    }
  },
}

function profileFlow(method: 'PUT' | 'PATCH'): Flows {
  return {
    [`${method} ${U}/profile`]: async () => {
      const ada = await signedInUser()
      const body = { full_name: 'Ada King' }
      return {
        ask: { method, path: `${U}/profile`, body, token: ada.token },
        isDone: () => has("SELECT 1 FROM users WHERE id = ? AND full_name = 'Ada King'", ada.id),
      }
    },
  }
}
