import * as z from 'zod'
import { codeField } from '../../two-factor/code-field'

/** A code as an app shows it, with its space. */
export const typedCode = z
  .string()
  .transform((text) => text.replaceAll(/\s/g, ''))
  .pipe(codeField)

/** The same where it is asked for only sometimes: an empty field is none. */
export const optionalCode = z
  .string()
  .transform((text) => text.replaceAll(/\s/g, '') || undefined)
  .pipe(codeField.optional())
  .optional()
