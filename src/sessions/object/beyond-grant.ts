import type { AppGrant, Wanted } from '../app-session-types'

/** What of a request was not granted; undefined if all of it was. */
export function beyondGrant(
  granted: Pick<AppGrant, 'scopes' | 'resources'>,
  { scopes = [], resources = [] }: Wanted,
): 'scope' | 'resource' | undefined {
  if (!scopes.every((name) => granted.scopes.includes(name))) return 'scope'
  return resources.every((each) => granted.resources.includes(each)) ? undefined : 'resource'
}
