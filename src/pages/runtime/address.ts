/** What a page reads of its address. Anyone may have typed it, so what cannot be read counts as missing. */
import * as z from 'zod'
import { once } from '../../once'

/** One text of the query. When a name is repeated, its first value counts. */
export const askedField = z
  .union([z.string(), z.array(z.string()).transform(([first]) => first)])
  .optional()

/** Where a list goes on; a cursor that cannot be read counts as the list's beginning. */
export const askedCursor = <T>(field: z.ZodType<T, string>) =>
  askedField.pipe(field.optional()).catch(undefined)

/** The parameters of paths. An `id` that is not a positive integer becomes 0, which no user has. */
export const PathParams = once(() =>
  z.object({
    id: z
      .string()
      .regex(/^[1-9]\d{0,14}$/)
      .transform(Number)
      .catch(0),
    name: z.string().default(''),
  }),
)
