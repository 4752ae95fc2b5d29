import * as z from 'zod'
import type { Deps } from '../context'
import { tokenField } from '../credentials/fields'
import { messageAnswer, messageSchema } from '../http/message'
import { type DocumentedProblem, route, type RouteSpec } from '../http/route'

interface TokenSpec extends Pick<RouteSpec, 'path' | 'tag' | 'summary' | 'description'> {
  /** What a 200 means, for the document. */
  readonly done: string
  /** What the response says. */
  readonly message: string
  /** Besides `invalid_token`. */
  readonly problems?: readonly DocumentedProblem[]
}

/** Declares a route whose whole input is the token of a mailed link. */
export const tokenRoute = (
  { done, message, problems = [], ...spec }: TokenSpec,
  use: (deps: Deps, token: string) => Promise<unknown>,
) =>
  route(
    {
      ...spec,
      method: 'post',
      access: 'anyone',
      body: () => z.strictObject({ token: tokenField }),
      answers: { 200: messageSchema(done) },
      problems: ['invalid_token', ...problems],
    },
    async ({ deps, body }) => {
      await use(deps, body.token)
      return messageAnswer(message)
    },
  )
