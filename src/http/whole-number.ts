import * as z from 'zod'

const MAX = 999_999_999

/** A query parameter that is a whole number within bounds, in plain digits. */
export const wholeNumber = ({ min, max = MAX }: { min: number; max?: number }) =>
  z
    .string()
    .regex(/^\d{1,9}$/, { error: 'Must be a whole number', abort: true })
    .transform(Number)
    .pipe(z.int().min(min).max(max))
    .meta({ type: 'integer', minimum: min, maximum: max })
