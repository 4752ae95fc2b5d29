/**
 * Accepts codes as users type, dictate and paste them: with spaces, dashes or dots between the
 * groups, in full-width characters, in the digits of their own script, or with invisible characters
 * from a copied text.
 */
import * as z from 'zod'

const MAX_TYPED_CHARS = 100
/** Characters that only separate or surround the characters of a code. */
const FILLERS = /[\s\p{Pd}\p{Cf}\u2212.,:_'"\u00b7\u2022()<>[\]]/gu
const OTHER_DIGITS = /[^\P{Nd}0-9]/gu

/**
 * A code in NFKC with ASCII digits and without separators. A text too long for a code is not
 * changed.
 */
export function bareCode(typed: string): string {
  if (typed.length > MAX_TYPED_CHARS) return typed
  return typed.normalize('NFKC').replaceAll(OTHER_DIGITS, asciiDigit).replaceAll(FILLERS, '')
}

/** Decimal digits come in runs of ten that begin with zero (Unicode Standard, section 4.6). */
function asciiDigit(digit: string): string {
  const at = digit.codePointAt(0) ?? 0
  let steps = 0
  while (/\p{Nd}/u.test(String.fromCodePoint(at - steps - 1))) steps += 1
  return String(steps % 10)
}

/** Six digits, as text. Anything else is rejected before it counts as an attempt. */
export const codeField = z
  .string()
  .transform(bareCode)
  .pipe(z.string().regex(/^[0-9]{6}$/, 'A code has six digits'))
  .meta({ example: '123456' })

export const recoveryCodeField = z
  .string()
  .transform((typed) => bareCode(typed).toUpperCase())
  .pipe(z.string().regex(/^[0-9A-Z]{16,40}$/, 'A recovery code has 16 letters and digits'))
  .meta({ example: '7K3M-Q9ZD-2W8F-XV4T' })
