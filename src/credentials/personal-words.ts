/**
 * What a password must not contain because everyone who knows the person would try it: the e-mail
 * address, its local part, the parts of the name. Compared without case, accents and swapped
 * characters. Short parts are left alone: `al` is inside too many good passwords.
 */
import { readingsOf } from './password-candidates'

export interface Person {
  readonly email: string
  readonly fullName: string
}

const MIN_CHARS = 4
/** Two ideographs are a whole name. */
const MIN_IDEOGRAPHS = 2

/** True when the password contains the address, its local part, or a part of that of 4 characters or more. */
export function containsEmail(password: string, email: string): boolean {
  const address = fold(email)
  const local = address.slice(0, Math.max(0, address.lastIndexOf('@')))
  return containsAny(password, [address, local, ...partsOf(local)])
}

/** True when the password contains the name written as one word, or a part of it of 4 characters or more. */
export const containsName = (password: string, fullName: string): boolean =>
  containsAny(password, partsOf(fold(fullName)))

function containsAny(password: string, words: string[]): boolean {
  const telling = words.filter(isTelling)
  return readingsOf(fold(password)).some((text) => telling.some((word) => text.includes(word)))
}

/** The parts between punctuation and spaces, and all of them run together. */
function partsOf(text: string): string[] {
  const parts = text.split(/[^\p{L}\p{N}]+/u)
  return [...parts, parts.join('')]
}

const isTelling = (word: string): boolean =>
  Array.from(word).length >= (/^\p{Script=Han}+$/u.test(word) ? MIN_IDEOGRAPHS : MIN_CHARS)

/** Lower case without accents and compatibility forms, so that `José` is found in `jose`. */
const fold = (text: string): string => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
