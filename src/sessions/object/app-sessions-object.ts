/** The RPC methods of a user's object about apps: codes, sessions of apps, consents. */
import type { AppSignOutReason } from '../../events'
import type {
  AuthorizeRequest,
  AuthorizeResult,
  CheckAppResult,
  CodeProof,
  ConnectedApp,
  RedeemResult,
  RotateAppResult,
  Wanted,
} from '../app-session-types'
import type { Device } from '../session-types'
import { FactorsObject } from './factors-object'

export abstract class AppSessionsObject extends FactorsObject {
  /**
   * Issues a code for an app, if the browser's session and the user meet the conditions. They are checked in
   * the order of AuthorizeResult. Writes nothing unless it answers with a code.
   */
  async authorize(browserSid: string, request: AuthorizeRequest): Promise<AuthorizeResult> {
    const result = this.codes.authorize(browserSid, request, Date.now())
    return result.status === 'code' ? this.settled(result) : result
  }

  /**
   * Exchanges a code for a session of the app, once. Must be called after the app was authenticated. A code
   * that is presented again is refused. If it comes with the right client, challenge and redirect URI (which may be
   * absent with a challenge), it also ends the session that it was exchanged for (RFC 6749 section 4.1.2, RFC 9700
   * section 4.5). With a wrong one it neither uses up the code nor ends anything, or anyone could do either.
   */
  async redeemCode(codeId: string, proof: CodeProof): Promise<RedeemResult> {
    return this.settled(this.codes.redeem(codeId, proof, Date.now()))
  }

  /** Whether a session of an app is live, and under which account state. */
  checkApp(appSessionId: string): CheckAppResult {
    return this.apps.check(appSessionId, Date.now())
  }

  /**
   * Exchanges a refresh token of a generation for one of the next, as `rotate` does for the browser's
   * sessions. The session must be of this app (RFC 6749 section 6). Reuse ends it (RFC 9700 section 4.14.2). A
   * request for more than was granted leaves the token as it is.
   */
  async rotateApp(
    appSessionId: string,
    clientId: string,
    generation: number,
    graceMs: number,
    device: Device,
    wanted: Wanted = {},
  ): Promise<RotateAppResult> {
    const token = { id: appSessionId, clientId, generation, wanted }
    return this.settled(this.apps.rotate(token, graceMs, device, Date.now()))
  }

  /** Ends a live session of this app; false when there is none (RFC 7009). */
  async endAppSession(
    appSessionId: string,
    clientId: string,
    reason: AppSignOutReason,
    device: Device,
  ): Promise<boolean> {
    return this.settled(this.apps.end(appSessionId, clientId, reason, device, Date.now()))
  }

  /** Removes what the user allowed an app, its codes and all its sessions; false when there was nothing. */
  async disconnectApp(clientId: string, device: Device): Promise<boolean> {
    return this.settled(this.apps.disconnect(clientId, device))
  }

  /** The apps that the user is connected to, the most recently used first. */
  connectedApps(): ConnectedApp[] {
    return this.apps.connected(Date.now())
  }

  /**
   * Signs the browser out for an app that presents one of its sessions, live or just revoked by the app itself
   * (OpenID Connect RP-Initiated Logout section 2). If that session was not opened in this browser, the user
   * must be asked.
   */
  async signOutForApp(
    browserSid: string,
    appSessionId: string | null,
    device: Device,
  ): Promise<'signed_out' | 'ask' | 'no_session'> {
    return this.settled(this.apps.signOut(browserSid, appSessionId, device, Date.now()))
  }
}
