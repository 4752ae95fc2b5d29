import { eq } from 'drizzle-orm'
import type { Change } from '../commit/commit'
import { type Deps, deviceOf } from '../context'
import { credentialsChanged, sameCredentials } from '../credentials/new-password'
import { verifyToken } from '../crypto/signed-token'
import { DomainError } from '../errors'
import { deletePasskey, hasPasskey } from '../passkeys/forget'
import { commitAndPerform, syncAccountState } from '../sessions/account-state'
import { sessionsOf } from '../sessions/object-stub'
import { logRefusal } from '../sessions/tokens/log-refusal'
import { users } from '../tables/users'
import { type Account, accountBySubject } from '../users/account'

/**
 * Removes a sign-in method by the link in the email about it: a passkey, or the trust in a browser.
 * It was added by somebody who could step up, so every session is revoked too. Throws `invalid_token` if the
 * link has expired or the method is gone.
 */
export async function undoSignInMethod(deps: Deps, token: string): Promise<void> {
  const claims = await verifyToken(deps.config.TOKEN_KEYS, 'undo', token)
  if (!claims || claims.expires <= deps.now) throw invalidLink(deps)
  const { subject, passkey, device } = claims
  const account = await accountBySubject(deps, subject)
  if (!account) throw invalidLink(deps)
  const { credentialVersion } = account.accountState
  const isOver =
    device !== null && !(await sessionsOf(deps, subject).isTrusted(device, credentialVersion))
  if (isOver) throw invalidLink(deps)
  await commitAndPerform(
    deps,
    undone(deps, account, { passkey, device }),
    { kind: 'sync-authority', subject, payload: {} },
    async () => {
      // The new account state would end the trust too, but for another reason.
      if (device !== null)
        await sessionsOf(deps, subject).endTrust(device, 'undone', deviceOf(deps))
      await syncAccountState(deps, subject)
    },
  )
}

function undone(
  deps: Deps,
  account: Account,
  { passkey, device }: { passkey: string | null; device: string | null },
): Change {
  const { id } = account.user
  return {
    preconditions: [
      passkey === null
        ? // Any change of credentials has ended the trust: of two requests at once only one undoes it.
          sameCredentials(account, noSuchMethod())
        : hasPasskey(id, passkey, noSuchMethod()),
    ],
    change: [
      ...(passkey === null ? [] : deletePasskey(deps, id, passkey)),
      deps.db.update(users).set(credentialsChanged(deps)).where(eq(users.id, id)),
    ],
    audit: [
      {
        event: 'user.sign_in_method_undone',
        actor: id,
        target: id,
        data: { passkey_id: passkey, device_id: device },
      },
    ],
  }
}

const noSuchMethod = () => new DomainError('invalid_token', { detail: 'Invalid or expired token' })

function invalidLink(deps: Deps): DomainError {
  logRefusal(deps, 'undo', 'malformed_or_expired')
  return noSuchMethod()
}
