/** Shortcuts for the credential routes, and the responses they have in common. */
import { env } from 'cloudflare:workers'
import { outboxHandlers } from '../../src/background/outbox-handlers'
import { sweepOutbox } from '../../src/outbox/sweep'
import { call, post, type Reply } from './api'
import { depsFor } from './deps'
import { mailsTo, mailTo, tokenIn } from './mailbox'
import { PASSWORD } from './users'

export const NEW_PASSWORD = 'Battery-Staple-8'
export const WRONG_PASSWORD = 'Wrong-Horse-7'
export const INVALID_TOKEN = '400 invalid_token'

export const changePassword = (
  { token }: { token: string },
  passwords: { current?: string; next?: string } = {},
): Promise<Reply> =>
  post(
    '/api/v1/users/change-password',
    {
      current_password: passwords.current ?? PASSWORD,
      new_password: passwords.next ?? NEW_PASSWORD,
    },
    { token },
  )

export const forgot = (email: string): Promise<Reply> =>
  post('/api/v1/auth/forgot-password', { email })

export const reset = (token: string, new_password = NEW_PASSWORD): Promise<Reply> =>
  post('/api/v1/auth/reset-password', { token, new_password })

export const changeEmail = (
  { token }: { token: string },
  new_email: string,
  more: object = {},
): Promise<Reply> =>
  post('/api/v1/users/change-email', { password: PASSWORD, new_email, ...more }, { token })

/** Verifies a change of address with the account's password, or in one of its sessions (`by`). */
export const verifyChange = (
  token: string,
  proof: { password?: string; by?: string } = { password: PASSWORD },
): Promise<Reply> => {
  const { password, by } = proof
  return post('/api/v1/auth/confirm-email-change', { token, password }, { token: by })
}

export const declineChange = (token: string): Promise<Reply> =>
  post('/api/v1/auth/decline-email-change', { token })

export const undoChange = (token: string): Promise<Reply> =>
  post('/api/v1/auth/undo-email-change', { token })

/** The token of the newest email to an address with a link to a path. */
export async function mailedToken(address: string, path: string): Promise<string> {
  await mailTo(address)
  const mail = mailsTo(address).findLast(({ text }) => text.includes(`${path}?token=`))
  if (!mail) throw new Error(`no mail to ${address} has a link to ${path}`)
  return tokenIn(mail, path)
}

/** Requests a reset link and returns its token from the mailbox. */
export async function resetToken(email: string): Promise<string> {
  const before = mailsTo(email).length
  await forgot(email)
  return tokenIn(await mailTo(email, before + 1), '/reset-password')
}

/** Requests a change of address and returns the token mailed to the new one. */
export async function changeToken(who: { token: string }, email: string, more: object = {}) {
  const before = mailsTo(email).length
  const reply = await changeEmail(who, email, more)
  if (reply.status !== 202) throw new Error(JSON.stringify(reply.body))
  return tokenIn(await mailTo(email, before + 1), '/confirm-email-change')
}

/**
 * Changes an address completely; returns the token that undoes it, from the email to the old one.
 */
export async function moveTo(who: { token: string }, from: string, to: string): Promise<string> {
  const before = mailsTo(from).length
  const reply = await verifyChange(await changeToken(who, to), { by: who.token })
  if (reply.status !== 200) throw new Error(JSON.stringify(reply.body))
  return tokenIn(await mailTo(from, before + 1), '/undo-email-change')
}

/** Sends everything that is due, as the cron job does. */
export const sendAll = () => sweepOutbox(depsFor(), outboxHandlers)

export const profileOf = async ({ token }: { token: string }) =>
  (await call('GET', '/api/v1/users/profile', undefined, { token })).body

export const deactivate = (id: number) =>
  env.DB.prepare('UPDATE users SET deactivated_at = 1 WHERE id = ?').bind(id).run()
