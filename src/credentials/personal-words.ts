/**
 * Personal words that a password must not contain because everyone who knows the user would try
 * them: the email address, its local part, the parts of the name. Compared without case and
 * accents, and with character substitutions undone. Short parts are ignored: `al` occurs in too
 * many good passwords.
 */
import { readingsOf } from './password-candidates'

export interface Person {
  readonly email: string
  readonly fullName: string
}

const MIN_CHARS = 4
/** Two ideographs can be a whole name. */
const MIN_IDEOGRAPHS = 2

/**
 * True if the password contains the address, its local part, or a part of the local part of at
 * least 4 characters.
 */
export function containsEmail(password: string, email: string): boolean {
  const address = fold(email)
  const local = address.slice(0, Math.max(0, address.lastIndexOf('@')))
  return containsAny(password, [address, local, ...partsOf(local)])
}

/**
 * True if the password contains the name written as one word, or a part of it of at least 4
 * characters (2 ideographs).
 */
export const containsName = (password: string, fullName: string): boolean =>
  containsAny(password, partsOf(fold(fullName)))

function containsAny(password: string, words: string[]): boolean {
  const telling = words.filter(isTelling)
  return readingsOf(fold(password)).some((text) => telling.some((word) => text.includes(word)))
}

/** The parts between punctuation and spaces, and all of them joined together. */
function partsOf(text: string): string[] {
  const parts = text.split(/[^\p{L}\p{N}]+/u)
  return [...parts, parts.join('')]
}

const isTelling = (word: string): boolean =>
  Array.from(word).length >= (/^\p{Script=Han}+$/u.test(word) ? MIN_IDEOGRAPHS : MIN_CHARS)

/** Lower case without accents and compatibility forms, so that `José` matches `jose`. */
const fold = (text: string): string => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
