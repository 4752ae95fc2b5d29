/** Begins the sign-in of a device without a browser (RFC 8628 section 3.1). */
import { appMap } from '../apps/app-map'
import { newUserCode, userCodeHash } from '../apps/device-codes'
import { type Deps, deviceOf } from '../context'
import { randomId } from '../crypto/encoding'
import { encryptToken } from '../crypto/encrypted-token'
import { OAuthError } from '../http/oauth-error'
import { type AppRow, deviceAuthorizations } from '../tables/apps'
import { reserveDevice } from '../throttle/reserve'
import { requestedGrant } from './authorization-request'

/** Long enough to fetch a phone and sign in there. */
const DEVICE_MS = 10 * 60_000
const POLL_SECONDS = 5

export interface DeviceAuthorization {
  readonly device_code: string
  readonly user_code: string
  readonly verification_uri: string
  readonly verification_uri_complete: string
  readonly expires_in: number
  readonly interval: number
}

/**
 * Stores a request for ten minutes. `app` was authenticated; a public one proves nothing, so its requests are counted
 * by network. Throws `unauthorized_client`, `invalid_scope`, `invalid_target`, `temporarily_unavailable`.
 */
export async function authorizeDevice(
  deps: Deps,
  app: AppRow,
  asked: { readonly scope?: string | undefined; readonly resource?: string[] | undefined },
): Promise<DeviceAuthorization> {
  if (!app.allowsDeviceFlow) {
    throw new OAuthError('unauthorized_client', 'The app is not registered for devices')
  }
  const { scopes, resources } = requestedGrant(await appMap(deps), app, asked)
  const reservation = await reserveDevice(deps, app.authMethod === 'none' ? null : app.clientId)
  if (!reservation.allowed) {
    throw new OAuthError('temporarily_unavailable', 'Too many requests of devices', {
      status: 429,
      retryAfter: reservation.retryAfter,
    })
  }
  const { PUBLIC_URL, TOKEN_KEYS } = deps.config
  const [id, userCode] = [randomId(), newUserCode()]
  await deps.db.insert(deviceAuthorizations).values({
    id,
    userCodeHash: await userCodeHash(TOKEN_KEYS, userCode),
    clientId: app.clientId,
    scopes: [...scopes],
    resources: [...resources],
    ...deviceOf(deps),
    pollSeconds: POLL_SECONDS,
    createdAt: deps.now,
    expiresAt: deps.now + DEVICE_MS,
  })
  return {
    device_code: await encryptToken(TOKEN_KEYS, 'device_code', { id }),
    user_code: userCode,
    verification_uri: `${PUBLIC_URL}/device`,
    verification_uri_complete: `${PUBLIC_URL}/device?user_code=${userCode}`,
    expires_in: DEVICE_MS / 1000,
    interval: POLL_SECONDS,
  }
}
