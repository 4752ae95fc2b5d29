/** Ids of events: UUIDs whose order is the order of time. */

/** A UUIDv7 (RFC 9562 section 5.7): 48 bits of milliseconds, then random; so ids sort by time. */
export function eventId(at: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  for (let i = 0; i < 6; i++) bytes[i] = Math.floor(at / 2 ** (40 - 8 * i)) % 256
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f)
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f)
  const hex = bytes.toHex()
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

const HEX_OF_48_BITS = 12

/** What the ids of a millisecond begin with: a bound below them all. */
export function idsFrom(ms: number): string {
  const hex = Math.min(Math.max(0, ms), 2 ** 48 - 1)
    .toString(16)
    .padStart(HEX_OF_48_BITS, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}`
}
