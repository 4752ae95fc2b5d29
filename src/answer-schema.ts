import * as z from 'zod'

/**
 * The schema of an answer. Only the OpenAPI document reads it, so it is built when the document is. A bundle
 * without the document leaves it out: the annotation tells the bundler that the call does nothing else.
 */
// @__NO_SIDE_EFFECTS__
export function answerSchema<T extends z.ZodType>(make: () => T): z.ZodLazy<T> {
  return z.lazy(make)
}
