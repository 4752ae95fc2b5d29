/** Whether a text is an IP address that a client on the internet can have. */
import { groupsOf, ipv4Of, isIpv4 } from './network'

/**
 * IPv4 and IPv6 without zone, port or brackets. Private, loopback, link-local, shared (RFC 6598), multicast
 * and unspecified addresses only if they are allowed.
 */
export function isPublicAddress(
  text: string,
  { allowsPrivate }: { readonly allowsPrivate: boolean },
): boolean {
  if (isIpv4(text)) return allowsPrivate || !isPrivateIpv4(text)
  const groups = groupsOf(text)
  if (!groups) return false
  if (allowsPrivate) return true
  const mapped = ipv4Of(groups)
  return mapped === undefined ? !isPrivateIpv6(groups) : !isPrivateIpv4(mapped)
}

function isPrivateIpv4(address: string): boolean {
  const [a = 0, b = 0] = address.split('.').map(Number)
  return (
    a === 0 ||
    a === 10 ||
    a === 127 ||
    a >= 224 ||
    (a === 100 && b >= 64 && b < 128) ||
    (a === 169 && b === 254) ||
    (a === 172 && b >= 16 && b < 32) ||
    (a === 192 && b === 168)
  )
}

/** Only 2000::/3 is given out (RFC 4291 section 2.4; IANA), and 64:ff9b::/96 is IPv4 behind NAT64. */
function isPrivateIpv6([first = 0]: readonly number[]): boolean {
  return first >> 13 !== 1
}
