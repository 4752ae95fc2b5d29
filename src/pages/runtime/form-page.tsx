import { STATUS_OF } from '../../http/problem'
import type { Refine, Fields, Parsed, Schema } from '../../http/validated'
import { once } from '../../once'
import { type FormState, refusedForm } from './form-state'
import {
  type Awaitable,
  isConsole,
  type Page,
  type PageAccess,
  type PageAnswer,
  type PageBase,
  type PageRequest,
  redirect,
  type RequestFor,
} from './page'
import { RefusedFormProvider } from './page-context'
import { retryAfterHeader } from './retry-after'

export interface FormSpec<
  A extends PageAccess,
  F extends Schema,
  Q extends Fields = undefined,
> extends PageBase<A, Q> {
  readonly fields: F
  /** Rules beside the schema's, named together with them. */
  readonly refine?: Refine
  /** Where a GET leads when the form is part of another page. */
  readonly home?: string | ((request: RequestFor<A, Q>) => string)
  /** The page with the form, as `request.form` has it. Without one a refusal leads to `home`. */
  readonly show?: (request: RequestFor<A, Q>) => Awaitable<PageAnswer>
  readonly submit: (request: RequestFor<A, Q>, input: Parsed<F>) => Awaitable<PageAnswer>
}

/**
 * Declares a page with a form. What the fields or the verb refuse is shown in the form again, with
 * what was typed (never a password or a code) and the status that the API would answer.
 */
export function formPage<
  const A extends PageAccess,
  F extends Schema,
  Q extends Fields = undefined,
>(spec: FormSpec<A, F, Q>): Page<A, F, Q> {
  const { path, access, counting, query, refine, home = '/' } = spec
  const fields = once(spec.fields)
  const goHome = (request: RequestFor<A, Q>) =>
    redirect(typeof home === 'string' ? home : home(request))
  const show = spec.show ?? goHome
  return {
    path,
    access,
    counting,
    query,
    get: async (request) => (spec.home === undefined ? show : goHome)(request),
    post: async (request, input) => spec.submit(request, input),
    form: {
      fields,
      refine,
      refused: async (request, error, raw) => {
        const posted = { to: request.path, raw, fields: Object.keys(fields().shape) }
        const form = refusedForm(error, { ...posted, isOfConsole: isConsole(access) })
        return refused(await show({ ...request, form }), form, request)
      },
    },
  }
}

/** The form's view under the refusal's status. The window's title says so to those who cannot see it. */
function refused(
  answer: PageAnswer,
  form: FormState,
  { texts }: Pick<PageRequest, 'texts'>,
): PageAnswer {
  const { error } = form
  if (answer instanceof Response || 'seeOther' in answer || !error) return answer
  return {
    ...answer,
    main: <RefusedFormProvider value={form}>{answer.main}</RefusedFormProvider>,
    status: STATUS_OF[error.kind],
    documentTitle: texts.layout.errorTitle(answer.title),
    headers: { ...answer.headers, ...retryAfterHeader(error) },
  }
}
