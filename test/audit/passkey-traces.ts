/** What every user can do with passkeys, route by route. */
import { sessionHash } from '../../src/crypto/session-hash'
import {
  addPasskey,
  signInByPasskey,
  undo,
  undoToken,
  userWithPasskey,
  type UserWithPasskey,
} from '../support/passkeys'
import { asAdmin, signedIn, type Trace, trace } from './traces'

const ONLY_A_CHALLENGE = { leavesNothing: 'it makes a challenge, which is stored nowhere' }
const own = (
  leaves: Parameters<typeof trace>[0],
  act: Parameters<typeof signedIn<UserWithPasskey>>[1],
) => signedIn<UserWithPasskey>(leaves, act, userWithPasskey)

export const PASSKEY_TRACES: Readonly<Record<string, Trace>> = {
  'POST /auth/passkey/options-by-link': ONLY_A_CHALLENGE,
  'POST /auth/passkey/options': ONLY_A_CHALLENGE,
  'POST /auth/2fa/passkey/options': ONLY_A_CHALLENGE,
  'POST /auth/step-up/passkey/options': ONLY_A_CHALLENGE,
  'POST /users/passkeys/options': ONLY_A_CHALLENGE,
  'POST /auth/passkey/verify': trace('auth.signed_in', async () => {
    const { authenticator } = await userWithPasskey()
    const reply = await signInByPasskey(authenticator)
    return { reply, about: sessionHash(reply.body.session_id) }
  }),
  'POST /users/passkeys': signedIn('passkey.added', (who) => addPasskey(who)),
  'PATCH /users/passkeys/{id}': own('passkey.renamed', ({ asks, passkeyId }) =>
    asks('PATCH', `/users/passkeys/${passkeyId}`, { name: 'Phone' }),
  ),
  'DELETE /users/passkeys/{id}': own('passkey.removed', ({ asks, passkeyId }) =>
    asks('DELETE', `/users/passkeys/${passkeyId}`),
  ),
  'POST /auth/undo-sign-in-method': own('user.sign_in_method_undone', async ({ email }) =>
    undo(await undoToken(email)),
  ),
  'DELETE /admin/users/{id}/passkeys/{passkey_id}': trace('admin.passkey_removed', async () => {
    const { id, passkeyId } = await userWithPasskey()
    return { reply: await asAdmin('DELETE', `/users/${id}/passkeys/${passkeyId}`), about: id }
  }),
}
