import * as z from 'zod'

/** Six ASCII digits, as text: anything else is refused before it costs a try. */
export const codeField = z
  .string()
  .regex(/^[0-9]{6}$/, 'A code has six digits')
  .meta({ example: '123456' })
