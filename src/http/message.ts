import * as z from 'zod'

/** The answer of routes that have nothing to show but that it is done. */
export const Message = z.object({ message: z.string() }).meta({ id: 'Message' })
