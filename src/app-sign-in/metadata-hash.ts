import { sha256 } from '../crypto/encoding'
import type { AppRow } from '../tables/apps'

/**
 * The facts about an app that a user saw when they consented: who it says it is, and where it gets its codes. If
 * that changes, the user is asked again. Two paths of one site are the same place.
 */
export const metadataHash = ({
  name,
  redirectUris,
  policyUri,
  tosUri,
}: Pick<AppRow, 'name' | 'redirectUris' | 'policyUri' | 'tosUri'>): Promise<string> =>
  sha256(JSON.stringify([name, placesOf(redirectUris), policyUri, tosUri]))

const placesOf = (uris: readonly string[]): string[] => [...new Set(uris.map(placeOf))].sort()

/** The host of a redirect URI, or the scheme of a native app. */
export const placeOf = (uri: string): string => {
  const { protocol, host } = new URL(uri)
  return protocol === 'http:' || protocol === 'https:' ? host : protocol
}
