/** The fields a person may fill in about himself, with their rules. Lengths count code points. */
import * as z from 'zod'

/** Line breaks and invisible controls have no place in a name, which mails and headers will carry. */
const isOneLine = (text: string) => text.isWellFormed() && !/[\p{Cc}\u2028\u2029]/u.test(text)
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
      .refine(isOneLine, {
        message: 'Full name must be one line of ordinary characters',
        params: { code: 'invalid_characters' },
      }),
  )
  .meta({ example: 'Ada Lovelace' })

export const bioField = z
  .string()
  .transform((text) => text.normalize('NFC'))
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
  .meta({ example: 'I write programs for engines that do not exist yet.' })

export const avatarUrlField = z
  .string()
  .max(MAX_URL)
  .refine(isSafeUrl, {
    message: 'Avatar must be an https URL without credentials',
    params: { code: 'invalid_url' },
  })
  .meta({ example: 'https://example.com/ada.png' })

function isSafeUrl(text: string): boolean {
  if (!URL.canParse(text) || /[\s\p{Cc}\\]/u.test(text)) return false
  const url = new URL(text)
  return url.protocol === 'https:' && url.username === '' && url.password === ''
}

/** BCP 47, as far as a user interface needs it. */
export const languageField = z
  .string()
  .regex(/^[a-z]{2,3}(-[A-Z]{2})?$/, 'Language must be a code such as en or pt-BR')
  .meta({ example: 'en' })
