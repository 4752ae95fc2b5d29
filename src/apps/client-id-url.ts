/**
 * Client ids that are URLs (draft-ietf-oauth-client-id-metadata-document section 2): where an app that no admin
 * registered publishes its metadata. Ids that we make ourselves contain no colon.
 */
import type { Config } from '../config'
import { checkDestination } from '../webhooks/destination'

/** Longer ids cannot be shown to users, and would be in every token and event of the app. */
const MAX_CHARS = 500

/** Whether the client id is to be understood as the URL of a metadata document. */
export const isClientIdUrl = (clientId: string): boolean => /^https?:\/\//.test(clientId)

/** Why such a client id is refused, in words for developers. */
export function clientIdUrlFault(
  config: Pick<
    Config,
    'PUBLIC_URL' | 'isLoopback' | 'METADATA_APP_HOSTS' | 'ACCESS_TOKEN_AUDIENCE'
  >,
  clientId: string,
): string | undefined {
  if (clientId.length > MAX_CHARS) return `The client id is longer than ${MAX_CHARS} characters`
  // In its plain form there is only one reading of it: no dot segments, no default port, no other spelling of a host.
  if (!URL.canParse(clientId) || new URL(clientId).href !== clientId) {
    return 'The client id is not a URL in its plain form'
  }
  // It becomes the audience of the app's tokens.
  const { ACCESS_TOKEN_AUDIENCE: own } = config
  if (clientId === own || clientId === `${own}:restricted`) {
    return 'The client id is the audience of this service itself'
  }
  const checked = checkDestination(config, clientId)
  if ('refused' in checked) return `The client id is not a URL that we call: ${checked.refused}`
  const { pathname, hostname } = new URL(clientId)
  if (pathname === '/') return 'The client id has no path'
  const { METADATA_APP_HOSTS: hosts } = config
  return hosts.includes('*') || hosts.includes(hostname)
    ? undefined
    : 'Apps of this host are not accepted here'
}
