/** Profile fields that users fill in about themselves, with their rules. Lengths count code points. */
import * as z from 'zod'
import { languageTag } from '../texts/language-tag'
import { isOneLine, isVisible } from '../texts/name-field'

const isText = (text: string) => text.isWellFormed() && !/[^\P{Cc}\t\n\r]/u.test(text)
const codePoints = (text: string) => Array.from(text).length

const MAX_NAME = 255
const MAX_BIO = 2000
const MAX_URL = 500

export const fullNameField = z
  .string()
  .transform((text) => text.normalize('NFC').trim())
  .pipe(
    z
      .string()
      .refine((text) => codePoints(text) >= 2, {
        message: 'Full name must be at least 2 characters',
        params: { code: 'too_short' },
      })
      .refine((text) => codePoints(text) <= MAX_NAME, {
        message: `Full name must be at most ${MAX_NAME} characters`,
        params: { code: 'too_long' },
      })
      .refine((text) => isOneLine(text) && (text === '' || isVisible(text)), {
        message: 'Full name must be a single line of visible characters',
        params: { code: 'invalid_characters' },
      }),
  )
  .meta({ minLength: 2, maxLength: MAX_NAME, example: 'Ada Lovelace' })

/** An empty name changes nothing. */
export const optionalNameField = z
  .string()
  .transform((text) => (text.trim() === '' ? undefined : text))
  .pipe(fullNameField.optional())
  .optional()

/**
 * Browsers send the line breaks of a text area as CRLF (HTML, form submission), which the user
 * counts as one character. They are stored and counted as LF.
 */
export const withPlainLineEnds = (text: string): string => text.replaceAll(/\r\n?/g, '\n')

export const bioField = z
  .string()
  .transform((text) => withPlainLineEnds(text).normalize('NFC'))
  .pipe(
    z
      .string()
      .refine((text) => codePoints(text) <= MAX_BIO, {
        message: `Bio must be at most ${MAX_BIO} characters`,
        params: { code: 'too_long' },
      })
      .refine(isText, {
        message: 'Bio must not contain control characters',
        params: { code: 'invalid_characters' },
      }),
  )
  .meta({ maxLength: MAX_BIO, example: 'I write programs for engines that do not exist yet.' })

export const avatarUrlField = z
  .string()
  .max(MAX_URL)
  .refine(isSafeUrl, {
    message: 'Avatar must be an https URL without credentials',
    params: { code: 'invalid_url' },
  })
  .meta({ example: 'https://example.com/ada.png' })

/**
 * A host name may contain `;` and `*` (WHATWG URL), which have a meaning in a
 * Content-Security-Policy.
 */
const PLAIN_HOST = /^([a-z0-9.-]+|\[[0-9a-f:]+\])(:\d+)?$/

/**
 * Whether an application may show what is loaded from this URL, and list its host in a
 * Content-Security-Policy.
 */
function isSafeUrl(text: string): boolean {
  // An https page resolves `https:name` as a relative URL.
  const isHttps = /^https:\/\/[^/]/i.test(text) && text.isWellFormed()
  if (!isHttps || !URL.canParse(text) || /[\s\p{Cc}\\]/u.test(text)) return false
  const { username, password, host } = new URL(text)
  return username === '' && password === '' && PLAIN_HOST.test(host)
}

/** A language tag as browsers send it, stored in canonical form (texts/language-tag.ts). */
export const languageField = z
  .string()
  .transform((typed, ctx) => {
    const tag = languageTag(typed)
    if (tag !== undefined) return tag
    ctx.addIssue({
      code: 'custom',
      message: 'Language must be a tag such as en or pt-BR (BCP 47)',
      params: { code: 'invalid_format' },
    })
    return z.NEVER
  })
  .meta({ example: 'en' })
