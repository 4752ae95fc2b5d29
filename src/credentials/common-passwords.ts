/**
 * Whether a password is a common one in disguise. The list is 10,092 words of
 * @zxcvbn-ts/language-common (MIT, (c) 2012-2016 Dan Wheeler and Dropbox, Inc., (c) 2021 @zxcvbn-ts;
 * scripts/common-passwords.ts makes it), 21 KiB gzipped in the bundle; it becomes a Set when a
 * password is first judged, not when the Worker starts. Source: NIST SP 800-63B-4 section 3.1.1.2, OWASP ASVS 5.0 6.2.4.
 */
import list from './common-passwords.txt'
import { candidatesOf, isPatterned } from './password-candidates'

let listed: Set<string> | undefined

/** True when the whole password comes down to a listed word, a pattern, or one of `contextWords` (lower case). */
export function isCommonPassword(password: string, contextWords: readonly string[] = []): boolean {
  listed ??= new Set(commonWords())
  for (const word of candidatesOf(password)) {
    if (listed.has(word) || isPatterned(word) || contextWords.includes(word)) return true
  }
  return false
}

/** The list, sorted. It is front-coded: `a` stands for no shared character with the word before, `b` for one. */
export function commonWords(): string[] {
  const words: string[] = []
  let before = ''
  for (const line of list.split('\n')) {
    before = before.slice(0, line.charCodeAt(0) - 97) + line.slice(1)
    words.push(before)
  }
  return words
}
