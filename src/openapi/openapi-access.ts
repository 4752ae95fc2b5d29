/** Describes in the OpenAPI document who may call an operation. */
import { needsPermission, type RouteSpec } from '../http/route'

/** Returns the accepted security schemes, any one of which suffices; none if anyone may call. */
export function securityOf({ access }: Pick<RouteSpec, 'access'>): ('accessToken' | 'apiKey')[] {
  if (access === 'anyone') return []
  if (!needsPermission(access) || access.by === 'session') return ['accessToken']
  return access.by === 'api_key' ? ['apiKey'] : ['accessToken', 'apiKey']
}

const PRESENTED_BY = {
  session: 'of a session; an API key will not do',
  api_key: 'of an API key; a session will not do',
  either: 'of a session or an API key',
}

/** Returns the same as text, with the required permission. */
export function accessText({ access }: RouteSpec): string {
  if (access === 'anyone') return 'Anyone may call this.'
  if (needsPermission(access)) {
    return `Needs the permission \`${access.permission}\`, ${PRESENTED_BY[access.by ?? 'either']}.`
  }
  if (access === 'own_token') return 'Needs a session; a restricted one will do.'
  return typeof access === 'object'
    ? `Needs a session; one that is restricted by ${access.cures.map((each) => `\`${each}\``).join(' or ')} will do.`
    : 'Needs a session.'
}
