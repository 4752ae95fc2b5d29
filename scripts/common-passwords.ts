/**
 * Writes src/credentials/common-passwords.txt: the most common passwords of
 * @zxcvbn-ts/language-common (MIT, https://github.com/zxcvbn-ts/zxcvbn), most common first, until
 * the list fills its budget in the bundle. It leaves out what the policy refuses anyway: words that
 * an entry already covers (`password1` beside `password`), patterns, and words that no acceptable
 * password can be reduced to. Run by hand after an update of that package: `node
 * scripts/common-passwords.ts`.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { candidatesOf, isPatterned, repeatedUnit } from '../src/credentials/password-candidates.ts'

const SOURCE = import.meta.resolve('@zxcvbn-ts/language-common/src/passwords.json')
const TARGET = new URL('../src/credentials/common-passwords.txt', import.meta.url)
const MAX_GZIP_BYTES = 20_000

const ranked: string[] = JSON.parse(readFileSync(new URL(SOURCE), 'utf8'))
/**
 * Shorter words matter only as the letters inside a longer password, which mixed ones hardly ever
 * are.
 */
const isUseful = (word: string) => word.length >= 8 || /^[a-z]{4,}$/.test(word)

const chosen: string[] = []
const known = new Set<string>()
for (const word of ranked) {
  const isRefused = [...candidatesOf(word)].some((form) => known.has(form) || isPatterned(form))
  if (!isUseful(word) || isRefused) continue
  // `5150` covers `51505150` and every longer repetition.
  known.add(repeatedUnit(word))
  chosen.push(repeatedUnit(word))
}

/**
 * Front-coded: a capital for the number of characters shared with the previous word, then the rest. Words have
 * no capitals, so nothing else need separate them.
 */
const textOf = (count: number) => {
  const words = chosen.slice(0, count).toSorted()
  return words.map((word, i) => frontCoded(word, words[i - 1] ?? '')).join('')
}

function frontCoded(word: string, before: string): string {
  let shared = 0
  while (shared < 25 && shared < word.length && word[shared] === before[shared]) shared += 1
  return String.fromCharCode(65 + shared) + word.slice(shared)
}

const gzipBytes = (text: string) => gzipSync(text, { level: 9 }).length

let count = chosen.length
while (gzipBytes(textOf(count)) > MAX_GZIP_BYTES) count -= 100
const text = textOf(count)
writeFileSync(TARGET, text)
console.log(
  `${count} words, ${text.length} bytes, ${gzipBytes(text)} gzipped; first left out: ${chosen[count]}`,
)
