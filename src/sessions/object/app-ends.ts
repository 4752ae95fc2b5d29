/**
 * Ends sessions of apps, and records the events that notify the apps (back-channel logout). SessionRules calls it
 * in the same synchronous method that revokes a browser's session, so no request sees one without the other.
 */
import type { AppSignOutReason, RevocationReason } from '../../events'
import type { Device } from '../session-types'
import type { StoredAppSession } from './app-row'
import type { AppStore } from './app-store'
import type { EventOutbox } from './event-outbox'

/**
 * Reasons that say that somebody else may have held the browser's session. They also end what it opened for
 * offline use. A plain sign-out, or the limit of sessions, does not.
 */
const ENDS_OFFLINE_TOO: ReadonlySet<RevocationReason> = new Set([
  'revoked',
  'revoked_by_admin',
  'credentials_changed',
  'refresh_reused',
])

export class AppEnds {
  constructor(
    private readonly subject: string | null,
    private readonly apps: AppStore,
    private readonly events: EventOutbox,
  ) {}

  /** Ends sessions, with one event for each app. */
  end(sessions: readonly StoredAppSession[], reason: AppSignOutReason, device: Device): void {
    this.apps.remove(sessions)
    this.#notify(sessions, reason, this.subject, device)
  }

  /** Ends what belongs to browser's sessions that have just been revoked. */
  withSessions(sids: ReadonlySet<string>, reason: RevocationReason, device: Device): void {
    const isOfflineToo = ENDS_OFFLINE_TOO.has(reason)
    const ended = this.apps
      .all()
      .filter(({ sid, isOffline }) => sids.has(sid) && (isOfflineToo || !isOffline))
    this.end(ended, reason, device)
  }

  /** Ends what was opened under other credentials, or by a passkey that is now removed. */
  older(credentialVersion: number, isRemoved: (passkeyId: string) => boolean, by: Device): void {
    const ended = this.apps
      .all()
      .filter(
        (session) =>
          session.credentialVersion !== credentialVersion || session.passkeyIds.some(isRemoved),
      )
    this.end(ended, 'credentials_changed', by)
  }

  /**
   * Ends what was opened for offline use up to an instant (ms), or while the clock was ahead, except by one
   * browser's session.
   */
  openedUpTo(
    { until, now, kept }: { until: number; now: number; kept: string | null },
    reason: RevocationReason,
    device: Device,
  ): void {
    const ended = this.apps
      .all()
      .filter(
        ({ isOffline, createdAt, sid }) =>
          isOffline && sid !== kept && (createdAt <= until || createdAt > now),
      )
    this.end(ended, reason, device)
  }

  /** Ends all, for an erasure. The events name no user: `sub` is all that the apps need. */
  erase(by: Device): void {
    const ended = this.apps.all()
    this.apps.removeAll()
    this.#notify(ended, 'erased', null, by)
  }

  #notify(
    sessions: readonly StoredAppSession[],
    reason: AppSignOutReason,
    subject: string | null,
    device: Device,
  ): void {
    for (const ended of Map.groupBy(
      sessions,
      ({ clientId, sub }) => `${clientId} ${sub}`,
    ).values()) {
      const [{ clientId, sub } = { clientId: '', sub: '' }] = ended
      const app_session_ids = ended.map(({ id }) => id)
      this.events.add('app.signed_out', subject, device, {
        client_id: clientId,
        sub,
        app_session_ids,
        reason,
      })
    }
  }
}
