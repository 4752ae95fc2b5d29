/**
 * Detects text that was garbled before the export. U+FFFD replaces what a program could not read.
 * `Ã¶` is UTF-8 that was read as Latin-1 or Windows-1252, and `Р–СѓРє` is UTF-8 read as
 * Windows-1251.
 */

/** The characters of the bytes from 0x80 on; a dot where there is none. */
const WINDOWS_1252 = `€.‚ƒ„…†‡ˆ‰Š‹Œ.Ž..‘’“”•–—˜™š›œ.žŸ`
const WINDOWS_1251 =
  'ЂЃ‚ѓ„…†‡€‰Љ‹ЊЌЋЏђ‘’“”•–—.™љ›њќћџ\u00a0ЎўЈ¤Ґ¦§Ё©Є«¬\u00ad®Ї°±Ііґµ¶·ё№є»јЅѕї' +
  'АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдежзийклмнопрстуфхцчшщъыьэюя'

const bytesOf = (letters: string) =>
  new Map(letters.split('').flatMap((letter, i) => (letter === '.' ? [] : [[letter, 0x80 + i]])))
const [BYTES_1252, BYTES_1251] = [bytesOf(WINDOWS_1252), bytesOf(WINDOWS_1251)]

/** Garbled parts of a text that is otherwise intact. No language uses control characters here. */
const PARTS = /\ufffd|[\u00c2\u00c3][\u0080-\u00bf]|[\u00c2-\u00f4][\u0080-\u009f]/

/** Whether a text, or any text in a list or an object, looks garbled. */
export function isGarbled(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.values(value).some(isGarbled)
  if (typeof value !== 'string') return false
  if (PARTS.test(value)) return true
  const western = readAsUtf8(value, BYTES_1252)
  const cyrillic = readAsUtf8(value, BYTES_1251)
  return western !== undefined || (cyrillic !== undefined && /\p{Script=Cyrillic}/u.test(cyrillic))
}

/**
 * Decodes the characters of a text as bytes of UTF-8. Returns undefined if they are not, or if all
 * are ASCII.
 */
function readAsUtf8(text: string, bytes: ReadonlyMap<string, number>): string | undefined {
  const codes = Array.from(text, (letter) => bytes.get(letter) ?? letter.charCodeAt(0))
  if (codes.every((code) => code < 0x80) || codes.some((code) => code > 0xff)) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(
      Uint8Array.from(codes),
    )
  } catch {
    return undefined
  }
}
