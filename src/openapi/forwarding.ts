/** The headers in the OpenAPI document by which a server names its client. */
import { FORWARDING_HEADERS as HEADERS, takesForwardedClient } from '../http/forwarding-headers'
import type { RouteSpec } from '../http/route'

type Json = Record<string, unknown>

export const FORWARDING_TEXT = `A server that signs its users in by this API can name the client that it acts for: every operation under \`/api/v1/\` takes the headers \`${HEADERS.key}\` (an API key with the permission \`forward:client\`), \`${HEADERS.ip}\`, \`${HEADERS.userAgent}\` and \`${HEADERS.country}\`. They are listed where users without a session call. Without the key they are ignored.`

const ofClient = (name: string, description: string, schema: Json): Json => ({
  name,
  in: 'header',
  required: false,
  description,
  schema: { type: 'string', ...schema },
})

export const FORWARDING_PARAMETERS: Json = {
  ForwardingKey: ofClient(
    HEADERS.key,
    'An API key with the permission `forward:client`, from a server that names its client. The other headers of this kind are ignored without it.',
    { maxLength: 100 },
  ),
  ClientIp: ofClient(
    HEADERS.ip,
    'The address of the client: one public IPv4 or IPv6 address. Required with the key.',
    { maxLength: 45 },
  ),
  ClientUserAgent: ofClient(
    HEADERS.userAgent,
    'The `User-Agent` of the client. The first 256 characters are kept.',
    {},
  ),
  ClientCountry: ofClient(HEADERS.country, 'The country of the client (ISO 3166-1 alpha-2).', {
    pattern: '^[A-Za-z]{2}$',
  }),
}

const references = Object.keys(FORWARDING_PARAMETERS).map((name) => ({
  $ref: `#/components/parameters/${name}`,
}))

/** They are listed where users sign in or register. All other operations take them too. */
export const forwardingParametersOf = ({ path, access, method }: RouteSpec): Json[] =>
  access === 'anyone' && method === 'post' && takesForwardedClient(path) ? references : []
