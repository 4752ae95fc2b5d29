import { type Deps, deviceOf } from '../context'
import { decryptToken } from '../crypto/encrypted-token'
import { OAuthError } from '../http/oauth-error'
import { sessionsOf } from '../sessions/object-stub'
import type { AppRow } from '../tables/apps'
import { verifyAppToken } from './access-token'

/**
 * Revokes a token of the app (RFC 7009). Either token ends the app's whole session, and so all other tokens
 * of it. Nothing happens to tokens of other apps, and the caller learns nothing about them. The token of an
 * app that acts for itself names no session: throws `unsupported_token_type` (section 2.2.1).
 */
export async function revokeAppToken(deps: Deps, app: AppRow, token: string): Promise<void> {
  const refresh = await decryptToken(deps.config.TOKEN_KEYS, 'app_refresh', token)
  const claims = refresh ? undefined : await verifyAppToken(deps, token)
  if (claims && claims.clientId !== app.clientId) return
  if (claims?.handle === null) {
    throw new OAuthError('unsupported_token_type', 'Tokens of client_credentials cannot be revoked')
  }
  const held = refresh ?? claims?.handle
  if (!held) return
  // The object compares the client: a refresh token does not name its app.
  await sessionsOf(deps, held.subject).endAppSession(
    held.sid,
    app.clientId,
    'revoked_by_app',
    deviceOf(deps),
  )
}
