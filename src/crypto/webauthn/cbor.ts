/**
 * CBOR as WebAuthn uses it: the CTAP2 canonical encoding form (Client to Authenticator Protocol 2.1,
 * section 8), except that the order of a map's keys is not checked, because browsers differ in it.
 *
 * tiny-cbor refuses indefinite lengths, duplicate keys, and keys other than text and numbers. It does
 * not limit nesting, silently cuts strings that claim more bytes than there are, replaces what is not
 * UTF-8, and accepts numbers in more bytes than they need. So a walk over the bytes comes first. It
 * neither recurses nor allocates by what the input claims.
 */
import { type CBORType, decodeCBOR } from '@levischuck/tiny-cbor'
import { fromUtf8 } from '../encoding'

/** CTAP2 allows four levels. A compound attestation (WebAuthn Level 3, section 8.9) has five. */
const MAX_DEPTH = 8

/**
 * An attestation with a chain of certificates has some 30. tiny-cbor takes microseconds for each, so
 * without this limit 16 KiB of empty strings would cost 50 ms.
 */
const MAX_ITEMS = 256

const BYTES = 2
const TEXT = 3
const ARRAY = 4
const MAP = 5
const TAG = 6
const SIMPLE = 7

/** The smallest numbers that need one, two, four and eight bytes behind the first byte. */
const SMALLEST = [24, 2 ** 8, 2 ** 16, 2 ** 32] as const

/**
 * Decodes the item that starts at an offset. `end` is the offset behind it. Undefined for anything
 * else: malformed, cut short, too deep, too many items, a tag, or a simple value other than true,
 * false and null. Floating-point numbers are among these. Nothing in WebAuthn uses them, and
 * tiny-cbor takes one for the integer of the same value.
 */
export function readCbor(
  bytes: Uint8Array,
  start: number,
): { value: CBORType; end: number } | undefined {
  try {
    const end = endOfItem(bytes, start)
    return end === undefined ? undefined : { value: decodeCBOR(bytes.subarray(start, end)), end }
  } catch {
    return undefined
  }
}

/** Throws TypeError for a text that is not UTF-8. */
function endOfItem(bytes: Uint8Array, start: number): number | undefined {
  /** How many items each open array or map still needs, the innermost last. */
  const open: number[] = []
  let at = start
  let items = 0
  do {
    items += 1
    const head = readHead(bytes, at)
    if (head === undefined || items > MAX_ITEMS) return undefined
    const { major, argument } = head
    at = head.end
    if (major === TAG || (major === SIMPLE && (argument < 20 || argument > 22))) return undefined
    if (major === BYTES || major === TEXT) at += argument
    const children = major === ARRAY ? argument : major === MAP ? 2 * argument : 0
    // An item is at least a byte, so a length that claims more than there is ends the walk at once.
    if (at + children > bytes.length) return undefined
    if (major === TEXT) fromUtf8(bytes.subarray(head.end, at))
    if (children === 0) closeItem(open)
    else if (open.push(children) > MAX_DEPTH) return undefined
  } while (open.length > 0)
  return at
}

/** The first byte of an item with the number behind it (RFC 8949 section 3), in its shortest form. */
function readHead(
  bytes: Uint8Array,
  at: number,
): { major: number; argument: number; end: number } | undefined {
  const first = bytes[at]
  if (first === undefined) return undefined
  const major = first >> 5
  const info = first & 31
  if (info < 24) return { major, argument: info, end: at + 1 }
  const smallest = SMALLEST[info - 24]
  if (smallest === undefined) return undefined
  const end = at + 1 + 2 ** (info - 24)
  if (end > bytes.length) return undefined
  // Above 2^53 this is inexact, which is still more than any length here.
  const argument = bytes.subarray(at + 1, end).reduce((sum, byte) => sum * 256 + byte, 0)
  return argument < smallest ? undefined : { major, argument, end }
}

/** Counts a finished item, and with it every array and map whose last item it was. */
function closeItem(open: number[]): void {
  while (open.length > 0) {
    const left = (open.pop() ?? 0) - 1
    if (left > 0) {
      open.push(left)
      return
    }
  }
}
