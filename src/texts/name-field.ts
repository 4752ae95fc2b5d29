/** The rule for names that users give: they appear in lists, links and emails. */
import * as z from 'zod'

/** No line breaks, control characters or changes of direction. */
export const isOneLine = (text: string): boolean =>
  text.isWellFormed() && !/[\p{Cc}\u2028-\u202e\u2066-\u2069]/u.test(text)

/** Something of it can be seen: a link with an invisible name cannot be found. */
export const isVisible = (text: string): boolean =>
  /[^\p{C}\p{Z}\p{M}\p{Default_Ignorable_Code_Point}]/u.test(text)

/** The name of a thing that the user has, such as a passkey or a browser. */
export const nameField = (maxChars: number, example: string) =>
  z
    .string()
    .transform((text) => text.normalize('NFC').trim())
    .pipe(
      z
        .string()
        .min(1)
        .max(maxChars)
        .refine((text) => isOneLine(text) && (text === '' || isVisible(text)), {
          message: 'Must be a single line of visible characters',
          params: { code: 'invalid_characters' },
        }),
    )
    .meta({ minLength: 1, maxLength: maxChars, example })
