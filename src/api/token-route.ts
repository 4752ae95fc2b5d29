import * as z from 'zod'
import type { Deps } from '../context'
import { tokenField } from '../credentials/fields'
import { messageAnswer, messageSchema } from '../http/message'
import { route, type RouteDocs, type RouteSpec } from '../http/route'

interface TokenSpec extends Pick<RouteSpec, 'path'> {
  /** What the response says. */
  readonly message: string
  readonly docs: TokenDocs | false
}

interface TokenDocs extends Omit<RouteDocs, 'answers'> {
  /** What a 200 means. */
  readonly done: string
}

/** Declares a route whose whole input is the token of a mailed link. */
export const tokenRoute = (
  { path, message, docs }: TokenSpec,
  use: (deps: Deps, token: string) => Promise<unknown>,
) =>
  route(
    {
      method: 'post',
      path,
      access: 'anyone',
      body: () => z.strictObject({ token: tokenField }),
      docs: __DOCS__ && docs && withToken(docs),
    },
    async ({ deps, body }) => {
      await use(deps, body.token)
      return messageAnswer(message)
    },
  )

const withToken = ({ done, problems = [], ...docs }: TokenDocs): RouteDocs => ({
  ...docs,
  answers: { 200: messageSchema(done) },
  problems: ['invalid_token', ...problems],
})
