/**
 * Every mailed link against everything that an admin, or an application bound to the service, can do to
 * its account meanwhile: whether the link still works afterwards. A new purpose of links or a new verb
 * fails here until its cells are written down.
 */
import { exports } from 'cloudflare:workers'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { routes } from '../../src/app'
import { TOKEN_PURPOSES, type TokenPurpose } from '../../src/crypto/mail-token'
import { Gatehouse } from '../../src/rpc/rpc'
import type { GatehouseBinding } from '../../src/rpc/rpc-types'
import { rowsOf } from '../db/rows'
import { post, type Reply, said } from '../support/api'
import { stopClock } from '../support/clock'
import { changeToken, verifyChange, mailedToken, moveTo, resetToken } from '../support/credentials'
import { storedPasskey } from '../support/passkeys'
import { freshCode, userWithSecondFactor } from '../support/second-factor'
import {
  freshEmail,
  PASSWORD,
  type SignedInUser,
  signedInUser,
  signIn,
  staff,
} from '../support/users'
import { registerByApi } from '../support/users-by-api'

stopClock()

let root: SignedInUser
beforeAll(async () => {
  root = await staff('admin')
})
// The clock goes on, and some verbs ask for a recent proof.
beforeEach(async () => {
  root = await signIn(root)
})

type Outcome = 'works' | 'ends'

interface Verb {
  /** The route, or the method of the service binding. */
  readonly by: string
  readonly act: (who: Holder) => Promise<unknown>
  readonly after: Readonly<Record<TokenPurpose, Outcome>>
}

/** Whose link it is. */
interface Holder {
  readonly id: number
  readonly sessionId?: string
}

const A = '/api/v1/admin/users/{id}'
const asked = (method: string, path: string, body?: object) => async (who: Holder) => {
  const answer = await root.asks(method, `/admin/users/${who.id}${path}`, body)
  // Of another status than the verb is for, it is refused, and the link is as it was.
  expect(['200', '202', '204', '404 not_found', '409 wrong_status']).toContain(said(answer))
}
const action = (name: string) => ({
  by: `POST ${A}/${name}`,
  act: asked('POST', `/${name}`),
})
const status = (is_active: boolean) => asked('PUT', '/status', { is_active })

const cells = (
  verify_email: Outcome,
  decline_registration: Outcome,
  accept_invitation: Outcome,
  reset_password: Outcome,
  confirm_email_change: Outcome,
  undo_email_change: Outcome,
): Verb['after'] => ({
  verify_email,
  decline_registration,
  accept_invitation,
  reset_password,
  confirm_email_change,
  undo_email_change,
})

const VERBS: Readonly<Record<string, Verb>> = {
  // The repair of an account that was taken: nothing mailed before it has the last word, least of all an undo.
  'set an address': {
    by: `PATCH ${A}`,
    act: (who) => asked('PATCH', '', { email: freshEmail() })(who),
    //          verify   decline  accept   reset    confirm  undo
    after: cells('ends', 'ends', 'ends', 'ends', 'ends', 'ends'),
  },
  // The same repair, once the owner has moved the account back. Nobody has been in a pending account.
  'set the address that it has': {
    by: `PATCH ${A}`,
    act: async (who) => {
      const [row] = await rowsOf('SELECT email FROM users WHERE id = ?', who.id)
      await asked('PATCH', '', { email: row?.['email'] })(who)
    },
    after: cells('works', 'works', 'works', 'ends', 'ends', 'ends'),
  },
  'edit something else': {
    by: `PATCH ${A}`,
    act: asked('PATCH', '', { full_name: 'Ada King' }),
    after: cells('works', 'works', 'works', 'works', 'works', 'works'),
  },
  erase: {
    by: `DELETE ${A}`,
    act: asked('DELETE', ''),
    after: cells('ends', 'ends', 'ends', 'ends', 'ends', 'ends'),
  },
  // Of a pending account it vouches for the address; the others belong to an active one, where it changes nothing.
  activate: {
    by: `PUT ${A}/status`,
    act: status(true),
    after: cells('ends', 'ends', 'ends', 'works', 'works', 'works'),
  },
  deactivate: {
    by: `PUT ${A}/status`,
    act: status(false),
    after: cells('ends', 'ends', 'ends', 'ends', 'ends', 'ends'),
  },
  // Nothing comes back with the account.
  'deactivate, and activate again': {
    by: `PUT ${A}/status`,
    act: async (who) => {
      await status(false)(who)
      await status(true)(who)
    },
    after: cells('ends', 'ends', 'ends', 'ends', 'ends', 'ends'),
  },
  'give a role': {
    by: `POST ${A}/roles`,
    act: asked('POST', '/roles', { role: 'moderator' }),
    after: cells('works', 'works', 'works', 'works', 'works', 'works'),
  },
  'take a role': {
    by: `DELETE ${A}/roles/{role}`,
    act: async (who) => {
      await asked('POST', '/roles', { role: 'moderator' })(who)
      await asked('DELETE', '/roles/moderator')(who)
    },
    after: cells('works', 'works', 'works', 'works', 'works', 'works'),
  },
  // A change of address was asked for under the credentials that this revokes. A reset proves the mailbox, and
  // is what an admin mails beside it, before or after; an undo is the owner's way back.
  'revoke all sessions': {
    by: `DELETE ${A}/sessions`,
    act: asked('DELETE', '/sessions'),
    after: cells('works', 'works', 'works', 'works', 'ends', 'works'),
  },
  // One device less says nothing against the credentials.
  'revoke one session': {
    by: `DELETE ${A}/sessions/{sid}`,
    act: (who) => asked('DELETE', `/sessions/${who.sessionId ?? 'none'}`)(who),
    after: cells('works', 'works', 'works', 'works', 'works', 'works'),
  },
  'reset the second factor': {
    ...action('reset-2fa'),
    after: cells('works', 'works', 'works', 'works', 'ends', 'works'),
  },
  // The passkey of a thief may have asked for a change of address.
  'remove a passkey': {
    by: `DELETE ${A}/passkeys/{passkey_id}`,
    act: async (who) => asked('DELETE', `/passkeys/${await storedPasskey(who.id)}`)(who),
    after: cells('works', 'works', 'works', 'works', 'ends', 'works'),
  },
  // The password that asked for the change counts no more.
  'demand a new password': {
    ...action('require-password-change'),
    after: cells('works', 'works', 'works', 'works', 'ends', 'works'),
  },
  // An earlier mail may be the one that is found: both links work until one is used.
  'mail a verification or an invitation': {
    ...action('resend-verification'),
    after: cells('works', 'works', 'works', 'works', 'works', 'works'),
  },
  'mail a reset': {
    ...action('send-password-reset'),
    after: cells('works', 'works', 'works', 'works', 'works', 'works'),
  },
  unlock: {
    ...action('unlock'),
    after: cells('works', 'works', 'works', 'works', 'works', 'works'),
  },
  'revoke all sessions, by an application': {
    by: 'revokeSessions',
    act: async ({ id }) => expect(await bound().revokeSessions(id)).toEqual({ ok: true }),
    after: cells('works', 'works', 'works', 'works', 'ends', 'works'),
  },
}

const bound = () =>
  (exports as unknown as { Gatehouse: (options: object) => GatehouseBinding }).Gatehouse({
    props: { app: 'notes' },
  })

interface Link extends Holder {
  readonly token: string
}

const registered = async (path: string): Promise<Link> => {
  const { id, email } = await registerByApi()
  return { id, token: await mailedToken(email, path) }
}

/** An account with a link of each purpose; those of active ones have the second factor on. */
const MAKE: Readonly<Record<TokenPurpose, () => Promise<Link>>> = {
  verify_email: () => registered('/verify-email'),
  decline_registration: () => registered('/decline-registration'),
  accept_invitation: async () => {
    const email = freshEmail()
    const { body } = await root.asks('POST', '/admin/users', { email, full_name: 'Ada Lovelace' })
    return { id: body.id, token: await mailedToken(email, '/accept-invitation') }
  },
  reset_password: async () => {
    const who = await signedInUser()
    return { ...who, token: await resetToken(who.email) }
  },
  confirm_email_change: async () => {
    const who = await userWithSecondFactor()
    const token = await changeToken(who, freshEmail(), { code: await freshCode(who) })
    return { ...who, token }
  },
  undo_email_change: async () => {
    const who = await signedInUser()
    const undo = await moveTo(who, who.email, freshEmail())
    return { ...who, token: undo }
  },
}

const at = (path: string, body: object) => post(`/api/v1/auth/${path}`, body)
const USE: Readonly<Record<TokenPurpose, (token: string) => Promise<Reply>>> = {
  verify_email: (token) => at('verify-email', { token }),
  decline_registration: (token) => at('decline-registration', { token }),
  accept_invitation: (token) => at('accept-invitation', { token, password: PASSWORD }),
  reset_password: (token) => at('reset-password', { token, new_password: 'Battery-Staple-8' }),
  confirm_email_change: (token) => verifyChange(token),
  undo_email_change: (token) => at('undo-email-change', { token }),
}

const ANSWER: Readonly<Record<Outcome, string>> = { works: '200', ends: '400 invalid_token' }

describe.each(Object.entries(VERBS))('a mailed link, once an admin did this: %s', (_, verb) => {
  it.each(Object.entries(verb.after))('%s %s', async (purpose, outcome) => {
    const link = await MAKE[purpose as TokenPurpose]()
    await verb.act(link)
    expect(said(await USE[purpose as TokenPurpose](link.token))).toBe(ANSWER[outcome])
  })
})

describe('the table', () => {
  it('has every purpose of links', () => {
    for (const { after } of Object.values(VERBS)) {
      expect(Object.keys(after).sort()).toEqual([...TOKEN_PURPOSES].sort())
    }
  })

  it('has every verb on a user', () => {
    const verbs = routes
      .filter(({ method, path }) => method !== 'get' && path.startsWith(A))
      .map(({ method, path }) => `${method.toUpperCase()} ${path}`)
    const reading = ['authenticate', 'authenticateApp', 'getUser', 'hasPermission']
    const methods = Object.getOwnPropertyNames(Gatehouse.prototype).filter(
      (name) => name !== 'constructor' && !reading.includes(name),
    )
    const listed = new Set(Object.values(VERBS).map(({ by }) => by))
    expect([...listed].sort()).toEqual([...verbs, ...methods].sort())
  })
})
