import * as z from 'zod'
import { type ListPage, listPageSchema } from './list-page'
import { type Access, type Handled, type Route, route, type RouteSpec } from './route'
import type { Fields } from './validated'

interface Listed {
  /** What it lists, as the document says it: `A page of events`. */
  readonly items: string
  readonly item: z.ZodType
}

type ListSpec<A extends Access, Q extends Fields, P extends Fields> = Listed &
  Omit<RouteSpec<A, undefined, Q, P>, 'method' | 'body' | 'answers'>

/** Declares a GET that answers a page of a listing. */
export const listRoute = <
  const A extends Access,
  Q extends Fields = undefined,
  P extends Fields = undefined,
>(
  { items, item, ...spec }: ListSpec<A, Q, P>,
  list: (request: Handled<A, undefined, Q, P>) => Promise<ListPage<unknown>>,
): Route =>
  route<A, undefined, Q, P>(
    {
      ...spec,
      method: 'get',
      answers: { 200: { description: `A page of ${items}`, schema: listPageSchema(item) } },
    },
    async (request) => ({ status: 200, body: await list(request) }),
  )

/** Declares a GET that answers a short list as a whole. `items` is the sentence of the document about it. */
export const wholeListRoute = <
  const A extends Access,
  Q extends Fields = undefined,
  P extends Fields = undefined,
>(
  { items, item, ...spec }: ListSpec<A, Q, P>,
  list: (request: Handled<A, undefined, Q, P>) => Promise<readonly unknown[]>,
): Route =>
  route<A, undefined, Q, P>(
    {
      ...spec,
      method: 'get',
      answers: {
        200: { description: items, schema: z.lazy(() => z.object({ items: z.array(item) })) },
      },
    },
    async (request) => ({ status: 200, body: { items: await list(request) } }),
  )
