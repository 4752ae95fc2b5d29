/**
 * ECDSA signatures come as `Ecdsa-Sig-Value` in DER (WebAuthn Level 3, section 6.5.5; RFC 3279
 * section 2.2.3). WebCrypto verifies the two numbers side by side.
 */

const SEQUENCE = 0x30
const INTEGER = 0x02
/** What stands before a length of 128 to 255. A signature of P-521 may be that long. */
const LONG_FORM = 0x81

/**
 * r and s in `size` bytes each. Undefined for anything but DER: a length in a longer form than it
 * needs, a negative number, needless zeros, a number of more than `size` bytes, or bytes left over.
 */
export function fromDer(der: Uint8Array, size: number): Uint8Array | undefined {
  const [length = 0, start] = der[1] === LONG_FORM ? [der[2], 3] : [der[1], 2]
  const isShortest = start === 2 ? length < 128 : length >= 128
  if (der[0] !== SEQUENCE || !isShortest || der.length !== start + length) return undefined
  const r = readInteger(der, start, size)
  const s = r && readInteger(der, r.end, size)
  if (!s || s.end !== der.length) return undefined
  const raw = new Uint8Array(2 * size)
  raw.set(r.bytes, size - r.bytes.length)
  raw.set(s.bytes, 2 * size - s.bytes.length)
  return raw
}

/** A positive integer without the zero byte that keeps its sign. One cut short ends behind the bytes. */
function readInteger(
  der: Uint8Array,
  at: number,
  size: number,
): { bytes: Uint8Array; end: number } | undefined {
  const end = at + 2 + (der[at + 1] ?? 0)
  const bytes = der.subarray(at + 2, end)
  const [first = 0, second = 0] = bytes
  if (der[at] !== INTEGER || first > 127) return undefined
  const isSigned = first === 0
  // A zero byte is needed before a set bit only. The number zero is no part of a signature.
  if (isSigned && second < 128) return undefined
  const number = isSigned ? bytes.subarray(1) : bytes
  return number.length > size ? undefined : { bytes: number, end }
}
