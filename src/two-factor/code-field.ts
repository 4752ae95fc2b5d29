import * as z from 'zod'

/** Six ASCII digits, as text: anything else is refused before it costs a try. */
export const codeField = z
  .string()
  .regex(/^[0-9]{6}$/, 'A code has six digits')
  .meta({ example: '123456' })

export const recoveryCodeField = z
  .string()
  .regex(/^[0-9A-Za-z -]{16,40}$/, 'A recovery code has 16 letters and digits')
  .meta({ example: '7K3M-Q9ZD-2W8F-XV4T' })
