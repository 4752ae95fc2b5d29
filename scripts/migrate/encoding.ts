/**
 * Decodes the bytes of an export. UTF-8 and UTF-16 are recognised. Anything else is refused with
 * its name, because a guessed encoding would silently change names and addresses.
 */
import { UnreadableExport } from './source.ts'

/**
 * Files that begin with these bytes (written as Latin-1) do not contain text, or must be converted
 * first.
 */
const OTHER_FILES: readonly [start: string, what: string][] = [
  ['\x1f\x8b', 'compressed by gzip: unpack it first'],
  ['PK\x03\x04', 'a ZIP archive or a spreadsheet: unpack it, or save it as CSV in UTF-8'],
  ['PGDMP', "pg_dump's custom format: use --format=plain"],
  ['SQLite format 3\0', 'a SQLite database: export its tables'],
  ['-----BEGIN PGP MESSAGE', 'encrypted by PGP: decrypt it first'],
  ['\x00\x00\xfe\xff', 'UTF-32: save it as UTF-8'],
  ['\xff\xfe\x00\x00', 'UTF-32: save it as UTF-8'],
]

/** Decodes text. Throws UnreadableExport when the bytes are not text in UTF-8 or UTF-16. */
export function decodeText(name: string, bytes: Uint8Array): string {
  const start = String.fromCharCode(...bytes.subarray(0, 32))
  const other = OTHER_FILES.find(([magic]) => start.startsWith(magic))
  if (other) throw new UnreadableExport(`${name} is ${other[1]}`)
  const encoding = encodingOf(bytes)
  let text: string
  try {
    text = new TextDecoder(encoding, { fatal: true, ignoreBOM: false }).decode(bytes)
  } catch {
    const reason =
      encoding === 'utf-8'
        ? `is not UTF-8 (line ${badLine(bytes)}), perhaps Windows-1252 or Latin-1: save it as UTF-8`
        : `is not valid ${encoding.toUpperCase()}`
    throw new UnreadableExport(`${name} ${reason}`)
  }
  if (!text.includes('\0')) return text
  throw new UnreadableExport(`${name} has NUL characters, so it is not text: save it as UTF-8`)
}

/** Recognises the byte order mark, or the zero bytes that ASCII characters have in UTF-16. */
function encodingOf(bytes: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' {
  const [first, second] = bytes
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  if (first === 0xfe && second === 0xff) return 'utf-16be'
  if (first !== 0 && second === 0) return 'utf-16le'
  if (first === 0 && second !== 0 && second !== undefined) return 'utf-16be'
  return 'utf-8'
}

/**
 * Returns the number of the first line that is not UTF-8. A line feed is the same byte in all 8-bit
 * encodings.
 */
function badLine(bytes: Uint8Array): number {
  let line = 1
  for (let from = 0; from <= bytes.length; line++) {
    const end = bytes.indexOf(0x0a, from)
    const to = end === -1 ? bytes.length : end
    try {
      new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes.subarray(from, to))
    } catch {
      break
    }
    from = to + 1
  }
  return line
}
