import * as z from 'zod'
import { bareCode, codeField } from '../../factors/code-field'

/** A code that only users with a second factor are asked for: an empty field counts as left out. */
export const optionalCode = z
  .string()
  .transform((text) => bareCode(text) || undefined)
  .pipe(codeField.optional())
  .optional()
