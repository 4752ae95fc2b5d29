/** Flows of passkeys: adding, using and removing them. They need a clock that stands (stopClock). */
import { post } from '../support/api'
import { SoftwareAuthenticator } from '../support/authenticator'
import { mailedToken } from '../support/credentials'
import {
  addPasskey,
  assertion,
  created,
  ORIGIN,
  secondStep,
  signInByPasskey,
  undoToken,
  type UserWithPasskey,
  userWithPasskey,
} from '../support/passkeys'
import { challengeOf, ok, userWithSecondFactor } from '../support/second-factor'
import { freshEmail, sessionOf, signedInUser } from '../support/users'
import { registerByApi } from '../support/users-by-api'
import { admin, type Case, type Flows, has, isDead, isLive, opensSession } from './flow'

const A = '/api/v1/auth'
const U = '/api/v1/users/passkeys'
const ADMIN = '/api/v1/admin/users'
/** A challenge whose answer was lost is used up. */
const USED = ['invalid_challenge']
/** Stored, but the session was not told that it proved a passkey. */
const STORED = ['passkey_taken', 'step_up_required']

/** In the email about an added passkey. */
const UNDO = '/undo-sign-in-method?token='
/** In the email about a removed one. */
const REMOVED = 'was removed from your account at Gatehouse. It can no longer be used to sign in.'

/** Options of a browser. Nothing is stored, so there is nothing to find but the answer. */
const areOptions: Case['isDone'] = async (body) => typeof body?.challenge_token === 'string'

const hasPasskey = (id: string) => has('SELECT 1 FROM passkeys WHERE id = ?', id)
/** The credential is stored for its user, and recovery codes with it. */
const isWhole = (userId: number, credentialId: string) =>
  has(
    `SELECT 1 FROM passkeys WHERE user_id = ?1 AND credential_id = ?2
       AND (SELECT count(*) FROM recovery_codes WHERE user_id = ?1) = 10`,
    userId,
    credentialId,
  )

/** Has both, so that a passkey is the second step behind the password. */
export async function userWithBoth() {
  const user = await userWithSecondFactor()
  const authenticator = new SoftwareAuthenticator()
  ok(await addPasskey(user, authenticator))
  return { ...user, authenticator }
}

async function invited() {
  const email = freshEmail()
  const boss = await admin()
  const { body } = ok(await boss.asks('POST', '/admin/users', { email, full_name: 'Ada Lovelace' }))
  return { email, id: body.id as number, token: await mailedToken(email, '/accept-invitation') }
}

async function registered() {
  const { email, id } = await registerByApi()
  return { email, id, token: await mailedToken(email, '/verify-email') }
}

/** A passkey that is sent with a mailed token. */
async function createdByLink(purpose: string, token: string) {
  const { body } = ok(await post(`${A}/passkey/options-by-link`, { purpose, token }))
  const credential = await new SoftwareAuthenticator().create(body.publicKey, { origin: ORIGIN })
  return { challenge_token: body.challenge_token as string, credential }
}

/** A session that the passkey opened. It ends with the passkey. */
const sessionByPasskey = async ({ authenticator }: UserWithPasskey) =>
  sessionOf(ok(await signInByPasskey(authenticator)).body)

export const passkeyFlows: Flows = {
  [`POST ${A}/passkey/options-by-link`]: async () => {
    const { token } = await invited()
    const body = { purpose: 'accept_invitation', token }
    return {
      ask: { method: 'POST', path: `${A}/passkey/options-by-link`, body },
      isDone: areOptions,
    }
  },
  [`POST ${A}/passkey/verify`]: async () => {
    const { authenticator } = await userWithPasskey()
    const body = await assertion(authenticator)
    return {
      ask: { method: 'POST', path: `${A}/passkey/verify`, body },
      isDone: opensSession,
      again: ['invalid_passkey'],
    }
  },
  [`POST ${A}/2fa/passkey/options`]: async () => {
    const body = { challenge_token: await challengeOf(await userWithBoth()) }
    return { ask: { method: 'POST', path: `${A}/2fa/passkey/options`, body }, isDone: areOptions }
  },
  [`POST ${A}/step-up/passkey/options`]: async () => {
    const { token } = await userWithPasskey()
    return {
      ask: { method: 'POST', path: `${A}/step-up/passkey/options`, token },
      isDone: areOptions,
    }
  },
  [`POST ${A}/undo-sign-in-method`]: async () => {
    const ada = await userWithPasskey()
    const token = await undoToken(ada.email)
    return {
      ask: { method: 'POST', path: `${A}/undo-sign-in-method`, body: { token } },
      isDone: async () => !(await hasPasskey(ada.passkeyId)) && (await isDead(ada)),
      again: ['invalid_token'],
      once: { event: 'user.sign_in_method_undone', id: ada.id },
    }
  },
  [`POST ${U}/options`]: async () => {
    const { token } = await signedInUser()
    return { ask: { method: 'POST', path: `${U}/options`, body: {}, token }, isDone: areOptions }
  },
  [`POST ${U}`]: async () => {
    const ada = await signedInUser()
    const body = await created(ada, new SoftwareAuthenticator())
    return {
      ask: { method: 'POST', path: U, body, token: ada.token },
      isDone: async () => (await isWhole(ada.id, body.credential.id)) && (await isLive(ada)),
      again: STORED,
      once: { event: 'passkey.added', id: ada.id },
      mail: { to: ada.email, link: UNDO },
    }
  },
  [`PATCH ${U}/{id}`]: async () => {
    const { token, passkeyId } = await userWithPasskey()
    return {
      ask: { method: 'PATCH', path: `${U}/${passkeyId}`, body: { name: 'Phone' }, token },
      isDone: () => has("SELECT 1 FROM passkeys WHERE id = ? AND name = 'Phone'", passkeyId),
    }
  },
  [`DELETE ${U}/{id}`]: async () => {
    const ada = await userWithPasskey()
    const opened = await sessionByPasskey(ada)
    return {
      ask: { method: 'DELETE', path: `${U}/${ada.passkeyId}`, token: ada.token },
      isDone: async () => !(await hasPasskey(ada.passkeyId)) && (await isDead(opened)),
      again: ['not_found'],
      once: { event: 'passkey.removed', id: ada.id },
      mail: { to: ada.email, link: REMOVED },
    }
  },
  [`DELETE ${ADMIN}/{id}/passkeys/{passkey_id}`]: async () => {
    const ada = await userWithPasskey()
    const opened = await sessionByPasskey(ada)
    const { token } = await admin()
    const path = `${ADMIN}/${ada.id}/passkeys/${ada.passkeyId}`
    return {
      ask: { method: 'DELETE', path, token },
      isDone: async () => !(await hasPasskey(ada.passkeyId)) && (await isDead(opened)),
      again: ['not_found'],
      once: { event: 'admin.passkey_removed', id: ada.id },
      mail: { to: ada.email, link: REMOVED },
    }
  },
}

const provedByLink =
  (make: typeof invited, purpose: 'accept_invitation' | 'verify_email', event: string) =>
  async (): Promise<Case> => {
    const { email, id, token } = await make()
    const passkey = await createdByLink(purpose, token)
    const path = `${A}/${purpose.replace('_', '-')}`
    return {
      ask: { method: 'POST', path, body: { token, passkey } },
      isDone: async () =>
        (await has("SELECT 1 FROM users WHERE id = ? AND status = 'active'", id)) &&
        (await isWhole(id, passkey.credential.id)),
      again: ['invalid_token'],
      once: { event, id },
      mail: { to: email, link: UNDO },
    }
  }

/** The same routes in other ways, and routes of other flows with a passkey. */
export const morePasskeyFlows: Flows = {
  'a further passkey': async () => {
    const ada = await userWithPasskey()
    const body = await created(ada, new SoftwareAuthenticator())
    return {
      ask: { method: 'POST', path: U, body, token: ada.token },
      isDone: () => isWhole(ada.id, body.credential.id),
      again: STORED,
    }
  },
  'the second step by passkey': async () => {
    const ada = await userWithBoth()
    const body = await secondStep(await challengeOf(ada), ada.authenticator)
    return {
      ask: { method: 'POST', path: `${A}/2fa/verify`, body },
      isDone: opensSession,
      again: USED,
    }
  },
  'an invitation accepted by passkey': provedByLink(
    invited,
    'accept_invitation',
    'user.invitation_accepted',
  ),
  'an address verified by passkey': provedByLink(registered, 'verify_email', 'user.email_verified'),
}
