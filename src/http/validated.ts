/**
 * Path, query and body of a request under their schemas, by `@hono/zod-validator`: handlers take what
 * `c.req.valid()` gives, and whatever fails is named at once, with the configured rules beside the schema's.
 */
import { zValidator } from '@hono/zod-validator'
import type { Context, MiddlewareHandler, Next } from 'hono'
import type * as z from 'zod'
import type { Deps } from '../context'
import { type DomainError, type FieldIssue, invalidFields } from '../errors'
import { once } from '../once'
import { fieldIssues } from './field-issues'
import type { AppEnv } from './route'

/** A function, called at the first request: building the schemas of all routes delays each start. */
export type Schema = () => z.ZodObject
export type Fields = Schema | undefined
export type Parsed<S> = S extends Schema ? z.output<ReturnType<S>> : undefined

/** Rules that need the configuration; their failures are named beside the schema's own. */
export type Refine = (deps: Deps, raw: Readonly<Record<string, unknown>>) => FieldIssue[]

type Target = 'param' | 'query' | 'json'
type Validated<T extends Target, S> = MiddlewareHandler<
  AppEnv,
  string,
  { out: { [K in T]: Parsed<S> } }
>

interface Refusing {
  readonly refine?: Refine | undefined
  /** Answers a refusal in the place of throwing it. */
  readonly answer?: (refusal: DomainError, c: Context<AppEnv>) => Promise<Response>
}

/**
 * The middleware for one part of a request; without a schema that part is not read. Throws
 * `validation_failed`.
 */
export function validated<T extends Target, S extends Fields>(
  target: T,
  schema: S | undefined,
  refusing?: Refusing,
): Validated<T, S>
export function validated(target: Target, schema: Fields, refusing?: Refusing): MiddlewareHandler {
  if (!schema) return skip
  const validator = once((): MiddlewareHandler =>
    zValidator(target, schema(), refusedBy(refusing), REPORTING),
  )
  return (c, next) => validator()(c, next)
}

/** In the place of a middleware that has nothing to do. */
export const skip = async (_: unknown, next: Next): Promise<void> => next()

/** Zod's issues tell what is missing from what is wrong by the input that they report. */
const REPORTING = {
  validationFunction: (schema: z.ZodObject, value: unknown) =>
    schema.safeParse(value, { reportInput: true }),
}

type Result =
  | { readonly success: true }
  | { readonly success: false; readonly error: z.core.$ZodError }

const refusedBy = ({ refine, answer }: Refusing = {}) =>
  async function refuse(result: Result, c: Context<AppEnv>): Promise<Response | undefined> {
    const sent = refine && (await sentFields(c))
    const others = refine && sent ? refine(c.get('deps'), sent) : []
    const issues = fieldIssues(result.success ? undefined : result.error, others)
    if (issues.length === 0) return undefined
    const refusal = invalidFields(issues)
    if (answer) return answer(refusal, c)
    throw refusal
  }

/**
 * The fields of a body as they were sent, behind jsonBody: the schema's output may have other values.
 * Undefined for JSON that is no object.
 */
export async function sentFields(
  c: Context<AppEnv>,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const sent: unknown = await c.req.json()
  return typeof sent === 'object' && sent !== null ? { ...sent } : undefined
}
