/**
 * Reduces a password to the plain words that it may be a disguise of, as a password cracker does.
 * Hardly any common password contains all four character classes literally, so looking it up as
 * typed would find nothing: `P@ssw0rd2026!` has to be recognized as `password`. Only candidates for
 * the whole password count; a common word inside a longer passphrase is fine.
 */

/** A core shorter than this, after stripping the ends, says nothing about the password. */
const MIN_CORE_CHARS = 4
/** How much may be stripped from the ends, in runs: `2026!` is five, `123456789!` is two. */
const MAX_DECORATION_RUNS = 6
/** A run of at least this length is a pattern and not a coincidence. */
const MIN_RUN_CHARS = 3

/** Sequences, keyboard rows and keyboard columns, each also backwards. */
const TRACKS = [
  'abcdefghijklmnopqrstuvwxyz 0123456789 1234567890 !@#$%^&*()',
  'qwertyuiop asdfghjkl zxcvbnm qwertzuiop yxcvbnm azertyuiop qsdfghjklm',
  '1qaz 2wsx 3edc 4rfv 5tgb 6yhn 7ujm',
].flatMap((rows) => rows.split(' ').flatMap((row) => [row, Array.from(row).reverse().join('')]))

/** Character substitutions to undo: `1` for i or l, and digits typed with shift. */
const READINGS = [
  ['@430!1$57', 'aaeoiisst'],
  ['@430!1$57', 'aaeollsst'],
  ['!@#$%^&*()', '1234567890'],
].map(([from = '', to = '']) => new Map(Array.from(from, (char, at) => [char, to.charAt(at)])))

/** Every word, in lower case, that the password may be derived from, including itself. */
export function candidatesOf(password: string): Set<string> {
  const found = new Set<string>()
  const text = password.toLowerCase()
  for (const body of [...bodiesOf(text), ...bodiesOf(repeatedUnit(text))]) {
    for (const word of readingsOf(body)) {
      found.add(word).add(repeatedUnit(word))
    }
  }
  return found
}

/** True for nothing but repeats, sequences and keyboard runs: `abcabcabc`, `abc12345`, `1qaz2wsx`. */
export function isPatterned(word: string): boolean {
  if (word.length < MIN_CORE_CHARS) return false
  if (repeatedUnit(word).length < MIN_CORE_CHARS) return true
  for (const run of runsOf(word)) if (run < MIN_RUN_CHARS) return false
  return true
}

/** The text, and its inner parts if what is stripped from the ends is itself easy to guess. */
function bodiesOf(text: string): string[] {
  const bodies = [text]
  for (const start of [0, text.search(/\p{L}/u)]) {
    for (const end of [text.length, endOf(text, /[\p{L}\p{N}]/u), endOf(text, /\p{L}/u)]) {
      if (start < 0 || end - start < MIN_CORE_CHARS) continue
      const decoration = text.slice(end) + text.slice(0, start)
      if (hasFewRuns(decoration)) bodies.push(text.slice(start, end))
    }
  }
  return bodies
}

/** The index after the last character of a kind. */
function endOf(text: string, kind: RegExp): number {
  const chars = Array.from(text)
  const last = chars.findLastIndex((char) => kind.test(char))
  return chars.slice(0, last + 1).join('').length
}

/** The text, and the text with each set of character substitutions undone. */
export const readingsOf = (text: string): string[] => [
  text,
  ...READINGS.map((reading) => Array.from(text, (char) => reading.get(char) ?? char).join('')),
]

/** The shortest text whose repetition makes the whole text; the text itself if nothing repeats. */
export const repeatedUnit = (text: string): string => text.slice(0, (text + text).indexOf(text, 1))

function hasFewRuns(text: string): boolean {
  let left = MAX_DECORATION_RUNS
  for (const _run of runsOf(text)) if (left-- === 0) return false
  return true
}

/** Lengths of the longest runs of one character or along a track, from left to right. */
function* runsOf(text: string): Generator<number> {
  for (let at = 0, run = 0; at < text.length; at += run) {
    run = 1
    while (text[at + run] === text[at]) run++
    for (const track of TRACKS) run = Math.max(run, commonLength(text, at, track))
    yield run
  }
}

/** How many characters of the text, from `at` on, follow the track. */
function commonLength(text: string, at: number, track: string): number {
  const from = track.indexOf(text.charAt(at))
  if (from < 0) return 0
  let length = 1
  while (at + length < text.length && text[at + length] === track[from + length]) length++
  return length
}
