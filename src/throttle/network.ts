/**
 * The network that an attempt comes from: the whole address for IPv4, the /64 for IPv6, which is the
 * smallest network that a customer gets (RFC 6177). Many customers get a /56, so budgets count that
 * too.
 */

/** The network of all requests without an IP address, or with one that cannot be parsed. */
export const UNKNOWN_NETWORK = 'unknown'

const IPV4_PART = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'
const IPV4 = new RegExp(`^(?:${IPV4_PART}\\.){3}${IPV4_PART}$`)
const IPV6_CHARACTERS = /^[\da-f:.]{2,45}$/i

/** The network of an IP address (CF-Connecting-IP), in canonical notation. */
export function networkOf(ip: string | null): string {
  if (ip === null) return UNKNOWN_NETWORK
  if (isIpv4(ip)) return ip
  const groups = groupsOf(ip)
  if (groups === undefined) return UNKNOWN_NETWORK
  return ipv4Of(groups) ?? `${spelled(groups.slice(0, 4))}::/64`
}

export const isIpv4 = (ip: string): boolean => IPV4.test(ip)

/**
 * ::ffff:0:0/96 (RFC 4291 2.5.5.2) is an IPv4 address in IPv6 notation. Both must share a budget. Undefined for
 * any other.
 */
export function ipv4Of(groups: readonly number[]): string | undefined {
  const [high = 0, low = 0] = groups.slice(6)
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff
  return isMapped ? [high >> 8, high & 255, low >> 8, low & 255].join('.') : undefined
}

/** The /56 of an IPv6 network in the notation of `networkOf`; null for IPv4 and the unknown network. */
export function prefixOf(network: string): string | null {
  if (!network.endsWith('::/64')) return null
  const groups = network
    .slice(0, -'::/64'.length)
    .split(':')
    .map((group) => Number.parseInt(group, 16))
  return `${spelled([...groups.slice(0, 3), (groups[3] ?? 0) & 0xff00])}::/56`
}

const spelled = (groups: readonly number[]): string =>
  groups.map((group) => group.toString(16)).join(':')

/** The eight 16-bit groups of an IPv6 address. The URL parser accepts every valid notation. */
export function groupsOf(ip: string): number[] | undefined {
  if (!IPV6_CHARACTERS.test(ip)) return undefined
  const url = URL.parse(`http://[${ip}]`)
  if (!url) return undefined
  const [head = '', tail] = url.hostname.slice(1, -1).split('::')
  const left = head.split(':').filter(Boolean)
  const right = (tail ?? '').split(':').filter(Boolean)
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0')
  return [...left, ...zeros, ...right].map((group) => Number.parseInt(group, 16))
}
