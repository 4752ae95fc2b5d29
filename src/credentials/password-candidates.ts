/**
 * What a guesser makes of a password: the plainer words that it may be a decoration of. Hardly any
 * common password meets four character classes to the letter, so looking one up as typed refuses
 * nothing; `P@ssw0rd2026!` has to be seen as `password`. Only whole candidates count: a common word
 * inside a longer passphrase is no fault.
 */

/** Fewer characters than this, once the ends are stripped, say nothing about the rest. */
const MIN_CORE_CHARS = 4
/** What may be stripped from the ends, counted in runs: `2026!` is five, `123456789!` is two. */
const MAX_DECORATION_RUNS = 6
/** From this length on a run is a pattern and no accident. */
const MIN_RUN_CHARS = 3

/** Orders, keyboard rows and keyboard columns that fingers follow; each also backwards. */
const TRACKS = [
  'abcdefghijklmnopqrstuvwxyz 0123456789 1234567890 !@#$%^&*()',
  'qwertyuiop asdfghjkl zxcvbnm qwertzuiop yxcvbnm azertyuiop qsdfghjklm',
  '1qaz 2wsx 3edc 4rfv 5tgb 6yhn 7ujm',
].flatMap((rows) => rows.split(' ').flatMap((row) => [row, Array.from(row).reverse().join('')]))

/** Ways to read swapped characters: `1` as i or as l, and digits that were typed with shift. */
const READINGS = [
  ['@430!1$57', 'aaeoiisst'],
  ['@430!1$57', 'aaeollsst'],
  ['!@#$%^&*()', '1234567890'],
].map(([from = '', to = '']) => new Map(Array.from(from, (char, at) => [char, to.charAt(at)])))

/** Every word, in lower case, that the password may stand for; itself included. */
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

/** Nothing but short repeats, sequences and keyboard runs: `abcabcabc`, `abc12345`, `1qaz2wsx`. */
export function isPatterned(word: string): boolean {
  if (word.length < MIN_CORE_CHARS) return false
  if (repeatedUnit(word).length < MIN_CORE_CHARS) return true
  for (const run of runsOf(word)) if (run < MIN_RUN_CHARS) return false
  return true
}

/** The text, and its insides where what is stripped from the ends is itself cheap to guess. */
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

/** Where the text ends once everything behind its last character of a kind is stripped. */
function endOf(text: string, kind: RegExp): number {
  const chars = Array.from(text)
  const last = chars.findLastIndex((char) => kind.test(char))
  return chars.slice(0, last + 1).join('').length
}

/** The text, and what it reads as once swapped characters are swapped back. */
export const readingsOf = (text: string): string[] => [
  text,
  ...READINGS.map((reading) => Array.from(text, (char) => reading.get(char) ?? char).join('')),
]

/** The shortest text whose repetition makes the whole; the whole itself when nothing repeats. */
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
