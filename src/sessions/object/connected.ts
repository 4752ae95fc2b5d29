import type { ConnectedApp } from '../app-session-types'
import { scopesAmong } from '../consented'
import type { StoredAppSession } from './app-row'
import type { Consent } from './consent-store'

/** The apps that a user allowed something, or that have a live session. The most recently used first. */
export function connectedApps(
  consents: readonly Consent[],
  live: readonly StoredAppSession[],
): ConnectedApp[] {
  const consentOf = new Map(consents.map((consent) => [consent.clientId, consent]))
  const liveOf = Map.groupBy(live, ({ clientId }) => clientId)
  const clientIds = [...new Set([...consentOf.keys(), ...liveOf.keys()])]
  return clientIds
    .map((clientId): ConnectedApp => {
      const consent = consentOf.get(clientId)
      const sessions = liveOf.get(clientId) ?? []
      const scopes = [
        ...scopesAmong(consent?.allowed ?? []),
        ...sessions.flatMap((session) => session.scopes),
      ]
      const begun = [...(consent ? [consent.since] : []), ...sessions.map((s) => s.createdAt)]
      const used = [...(consent ? [consent.lastUsedAt] : []), ...sessions.map((s) => s.lastUsedAt)]
      return {
        clientId,
        scopes: [...new Set(scopes)],
        since: Math.min(...begun),
        lastUsedAt: Math.max(...used),
        sessions: sessions.length,
      }
    })
    .sort((a, b) => b.lastUsedAt - a.lastUsedAt)
}
