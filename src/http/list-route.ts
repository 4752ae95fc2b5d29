import * as z from 'zod'
import { type ListPage, listPageSchema } from './list-page'
import {
  type Access,
  type Handled,
  type Route,
  route,
  type RouteDocs,
  type RouteSpec,
} from './route'
import type { Fields } from './validated'

interface ListDocs extends Omit<RouteDocs, 'answers'> {
  /** What it lists: `events` becomes `A page of events`. For `wholeListRoute`, the description itself. */
  readonly items: string
  readonly item: z.ZodType
}

interface ListSpec<A extends Access, Q extends Fields, P extends Fields> extends Omit<
  RouteSpec<A, undefined, Q, P>,
  'method' | 'body' | 'docs'
> {
  readonly docs: ListDocs | false
}

/** Declares a GET that answers a page of a listing. */
export const listRoute = <
  const A extends Access,
  Q extends Fields = undefined,
  P extends Fields = undefined,
>(
  { docs, ...spec }: ListSpec<A, Q, P>,
  list: (request: Handled<A, undefined, Q, P>) => Promise<ListPage<unknown>>,
): Route =>
  route<A, undefined, Q, P>(
    {
      ...spec,
      method: 'get',
      docs: __DOCS__ && docs && pageDocs(docs),
    },
    async (request) => ({ status: 200, body: await list(request) }),
  )

/** Declares a GET that answers a short list as a whole. */
export const wholeListRoute = <
  const A extends Access,
  Q extends Fields = undefined,
  P extends Fields = undefined,
>(
  { docs, ...spec }: ListSpec<A, Q, P>,
  list: (request: Handled<A, undefined, Q, P>) => Promise<readonly unknown[]>,
): Route =>
  route<A, undefined, Q, P>(
    {
      ...spec,
      method: 'get',
      docs: __DOCS__ && docs && wholeDocs(docs),
    },
    async (request) => ({ status: 200, body: { items: await list(request) } }),
  )

const pageDocs = ({ items, item, ...docs }: ListDocs): RouteDocs => ({
  ...docs,
  answers: { 200: { description: `A page of ${items}`, schema: listPageSchema(item) } },
})

const wholeDocs = ({ items, item, ...docs }: ListDocs): RouteDocs => ({
  ...docs,
  answers: {
    200: { description: items, schema: z.lazy(() => z.object({ items: z.array(item) })) },
  },
})
