/** Who may call an operation, as the API document says it. */
import type { RouteSpec } from './route'

/** The schemes that will do, each by itself; none where anyone may call. */
export function securityOf({ access }: Pick<RouteSpec, 'access'>): ('accessToken' | 'apiKey')[] {
  if (access === 'anyone') return []
  if (typeof access !== 'object' || access.by === 'session') return ['accessToken']
  return access.by === 'api_key' ? ['apiKey'] : ['accessToken', 'apiKey']
}

const PRESENTED_BY = {
  session: 'of a session; an API key will not do',
  api_key: 'of an API key; a session will not do',
  either: 'of a session or an API key',
}

/** The same in words, with the permission that is asked for. */
export function accessText({ access }: RouteSpec): string {
  if (access === 'anyone') return 'Anyone may call this.'
  if (typeof access === 'object') {
    return `Needs the permission \`${access.permission}\`, ${PRESENTED_BY[access.by ?? 'either']}.`
  }
  return access === 'session' ? 'Needs a session.' : 'Needs a session; a restricted one will do.'
}
