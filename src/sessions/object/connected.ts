import type { ConnectedApp } from '../app-session-types'
import { atResourcesAmong, scopesAmong } from '../consented'
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
        consented: atResourcesAmong(consent?.allowed ?? []),
        granted: distinct(sessions),
        since: Math.min(...begun),
        lastUsedAt: Math.max(...used),
        sessions: sessions.length,
      }
    })
    .sort((a, b) => b.lastUsedAt - a.lastUsedAt)
}

const distinct = (sessions: readonly StoredAppSession[]): ConnectedApp['granted'] => {
  const grants = sessions.map(({ scopes, resources }) => ({ scopes, resources }))
  return [...new Map(grants.map((grant) => [JSON.stringify(grant), grant])).values()]
}
