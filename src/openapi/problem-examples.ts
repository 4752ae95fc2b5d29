/**
 * The schema of a problem in the OpenAPI document, and one example for every code that a route
 * returns.
 */
import * as z from 'zod'
import { type ErrorCode, type ErrorKind, ERRORS, PROOF_METHODS } from '../errors'
import { STATUS_OF } from '../http/problem'
import { exampleOf } from './examples'

type Json = Record<string, unknown>

export interface ProblemOfRoute {
  readonly code: ErrorCode
  readonly kind: ErrorKind
}

/** The name of an example. A code has one, or one per status if routes differ in it. */
export const problemExampleName = ({ code, kind }: ProblemOfRoute): string =>
  kind === ERRORS[code][0] ? code : `${code}_${STATUS_OF[kind]}`

/** Returns the examples by name, for the document's components. */
export function problemExamples(problems: ProblemOfRoute[], publicUrl: string): Json {
  const { errors, step_up, ...problem } = exampleOf(problemSchema()) as Json
  const byName = new Map(problems.map((each) => [problemExampleName(each), each]))
  const examples = Array.from(byName, ([name, { code, kind }]) => {
    const title = ERRORS[code][1]
    const type = `${publicUrl}/problems/${code}`
    const own = { type, title, status: STATUS_OF[kind], detail: title, code }
    const value = {
      ...problem,
      ...own,
      ...(kind === 'invalid' && { errors }),
      ...(code === 'step_up_required' && { step_up }),
    }
    return [name, { summary: title, value }] as const
  })
  return Object.fromEntries(examples)
}

export function problemSchema(): Json {
  const { $schema: _, ...schema } = z.toJSONSchema(
    z.object({
      type: z.string(),
      title: z.string(),
      status: z.int(),
      detail: z.string(),
      instance: z.string(),
      code: z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]),
      request_id: z.string(),
      errors: z
        .array(z.object({ path: z.string(), code: z.string(), message: z.string() }))
        .optional(),
      step_up: z
        .object({
          max_age: z.int().meta({ description: 'Seconds for which a proof counts', example: 600 }),
          methods: z
            .array(z.enum(PROOF_METHODS))
            .meta({ description: 'Each alone is enough', example: ['password'] }),
        })
        .optional()
        .meta({ description: 'What to prove at `/api/v1/auth/step-up`, to be accepted then' }),
    }),
  )
  return schema
}
