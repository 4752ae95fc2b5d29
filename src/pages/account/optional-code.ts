import * as z from 'zod'
import { bareCode, codeField } from '../../factors/code-field'

/** A code where it is asked for only sometimes: an empty field is none. */
export const optionalCode = z
  .string()
  .transform((text) => bareCode(text) || undefined)
  .pipe(codeField.optional())
  .optional()
