/** What routes of the system's settings share: who may call them, and secrets, which are shown once. */
import * as z from 'zod'
import { type Handled, type Route, route, type RouteDocs, type RouteSpec } from '../http/route'
import type { Schema } from '../http/validated'
import { STEP_UP_PROBLEMS } from '../step-up/fields'
import { isoOrNull } from '../time'

export const SYSTEM = { permission: 'admin:system' } as const
/** These ask who is acting, which a key cannot prove. */
export const SYSTEM_IN_PERSON = { ...SYSTEM, by: 'session' } as const
export const SYSTEM_PROVED = { ...SYSTEM, stepUp: true } as const

export const secretField = (example: string) =>
  z.string().meta({ description: 'Shown only once', example })

type InPerson = typeof SYSTEM_IN_PERSON
type RotationSpec<B extends Schema, P extends Schema> = Pick<
  RouteSpec<InPerson, B, undefined, P>,
  'path'
> & {
  readonly params: P
  readonly body: B
  /** What the answer calls the secret. */
  readonly field: 'secret' | 'client_secret'
  readonly docs: RotationDocs | false
}

interface RotationDocs extends Omit<RouteDocs, 'answers' | 'example'> {
  readonly secretExample: string
}

/** Declares a route that replaces a secret and answers with the new one. */
export const rotationRoute = <B extends Schema, P extends Schema>(
  { field, docs, ...spec }: RotationSpec<B, P>,
  rotate: (
    request: Handled<InPerson, B, undefined, P>,
  ) => Promise<{ readonly secret: string; readonly previousUntil: number | null }>,
): Route =>
  route<InPerson, B, undefined, P>(
    {
      ...spec,
      method: 'post',
      access: SYSTEM_IN_PERSON,
      docs: __DOCS__ && docs && rotationDocs(field, docs),
    },
    async (request) => {
      const { secret, previousUntil } = await rotate(request)
      const until = isoOrNull(previousUntil)
      return { status: 200, body: { [field]: secret, previous_secret_until: until } }
    },
  )

const rotationDocs = (
  field: string,
  { secretExample, problems = [], ...docs }: RotationDocs,
): RouteDocs => ({
  ...docs,
  example: { password: 'Correct-Horse-7' },
  answers: {
    200: {
      description: 'The new secret',
      schema: z.lazy(() =>
        z.object({
          [field]: secretField(secretExample),
          previous_secret_until: z.iso.datetime().nullable(),
        }),
      ),
    },
  },
  problems: ['not_found', ...problems, 'changed_meanwhile', ...STEP_UP_PROBLEMS],
})
