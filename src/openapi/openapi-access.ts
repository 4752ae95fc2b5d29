/** Describes in the OpenAPI document who may call an operation. */
import { needsPermission, type RouteSpec } from '../http/route'

/** Returns the security schemes that are accepted. One is enough. Empty if no credentials are needed. */
export function securityOf({
  access,
}: Pick<RouteSpec, 'access'>): ('accessToken' | 'apiKey' | 'app' | 'appToken')[] {
  if (access === 'anyone') return []
  if (access === 'app') return ['app']
  if (access === 'app_token') return ['appToken']
  if (!needsPermission(access) || access.by === 'session') return ['accessToken']
  return access.by === 'api_key' ? ['apiKey'] : ['accessToken', 'apiKey']
}

const REQUIREMENT = {
  session: (needed: string) => `Requires a session ${needed}. API keys are not accepted.`,
  api_key: (needed: string) => `Requires an API key ${needed}. Sessions are not accepted.`,
  either: (needed: string) => `Requires a session or an API key ${needed}.`,
}

const PROOF = 'A session must have proved recently who is acting: see `POST /api/v1/auth/step-up`.'

/** Returns the same as text, with the required permission. */
export function accessText({ access }: RouteSpec): string {
  if (access === 'anyone') return 'No authentication is required.'
  if (access === 'app')
    return 'Requires the credentials of an app or an API (RFC 6749 section 2.3).'
  if (access === 'app_token') return 'Requires an access token of an app.'
  if (needsPermission(access)) {
    const required = REQUIREMENT[access.by ?? 'either'](
      `with the permission \`${access.permission}\``,
    )
    return access.stepUp ? `${required} ${PROOF}` : required
  }
  if (access === 'own_token') return 'Requires a session. Restricted sessions are accepted.'
  return typeof access === 'object'
    ? `Requires a session. Sessions restricted by ${access.requiredActions.map((each) => `\`${each}\``).join(' or ')} are accepted.`
    : 'Requires a session.'
}
