import type { DomainError } from '../../errors'
import { STATUS_OF } from '../../http/problem'
import type { Refine, Fields, Parsed, Schema } from '../../http/validated'
import { once } from '../../once'
import { confirmView } from './confirm-page'
import { EMPTY_FORM, type FormState, hasProof, isAboutProof, refusedForm } from './form-state'
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
import { PROOF_FIELDS } from './proof-fields'
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
  /**
   * Whether the form itself has no place for the proof that its action needs (proof-fields.ts), such as a
   * button. Then a page of its own asks for it, and goes on.
   */
  readonly asksOnPage?: boolean
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
  const { path, access, counting, query, refine, home = '/', asksOnPage = false } = spec
  const fields = once(spec.fields)
  const homeOf = (request: RequestFor<A, Q>) => (typeof home === 'string' ? home : home(request))
  const cancelOf = (request: RequestFor<A, Q>) =>
    spec.home === undefined ? request.path : homeOf(request)
  const goHome = (request: RequestFor<A, Q>) => redirect(homeOf(request))
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
        const answer =
          asksOnPage && form.error && asksForProof(form.error, raw)
            ? confirmView(request, raw, isFirstAsked(raw) ? EMPTY_FORM : form, cancelOf(request))
            : await show({ ...request, form })
        return refused(answer, form, request)
      },
    },
  }
}

/** Whether the refusal is lifted by a proof. Other refusals may have the same code as a wrong proof's. */
const asksForProof = (error: DomainError, raw: Readonly<Record<string, unknown>>): boolean =>
  error.code === 'step_up_required' || (hasProof(raw) && isAboutProof(error))

/** Whether nothing was asked yet: the button has no field for a proof. */
const isFirstAsked = (raw: Readonly<Record<string, unknown>>): boolean =>
  !PROOF_FIELDS.some((name) => name in raw)

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
