/** What every user can do with trusted browsers, route by route. */
import type { SignedInUser } from '../support/users'
import { listOf, userWithTrustedBrowser } from '../trusted-devices/devices'
import { signedIn, type Trace } from './traces'

type Own = Pick<SignedInUser, 'asks'>
const pathOf = async (who: Own) => `/users/trusted-devices/${(await listOf(who))[0]?.id}`

export const TRUSTED_DEVICE_TRACES: Readonly<Record<string, Trace>> = {
  'PATCH /users/trusted-devices/{id}': {
    leavesNothing: 'only the user sees the name, in their own list',
  },
  'DELETE /users/trusted-devices/{id}': signedIn(
    'auth.device_trust_ended',
    async (who) => who.asks('DELETE', await pathOf(who)),
    userWithTrustedBrowser,
  ),
  'DELETE /users/trusted-devices': signedIn(
    'auth.device_trust_ended',
    ({ asks }) => asks('DELETE', '/users/trusted-devices'),
    userWithTrustedBrowser,
  ),
}
