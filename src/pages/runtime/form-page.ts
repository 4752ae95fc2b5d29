import type * as z from 'zod'
import type { Deps } from '../../context'
import type { FieldIssue } from '../../errors'
import { readBody, validate } from '../../http/body'
import { STATUS_OF } from '../../http/problem'
import { EMPTY_FORM, type FormState, refusedForm } from './form-state'
import {
  redirect,
  type Page,
  type PageAccess,
  type PageAnswer,
  type PageCounting,
  type PageRequest,
  type View,
  type VisitorOf,
} from './page'

export interface FormSpec<A extends PageAccess, F extends z.ZodObject> {
  readonly path: `/${string}`
  readonly access: A
  readonly counting?: PageCounting
  readonly fields: F
  /** Rules beside the schema's, named together with them. */
  readonly alsoCheck?: (deps: Deps, raw: Readonly<Record<string, unknown>>) => FieldIssue[]
  /** A form of another page: GET leads there, and `show` only shows that page with the refusal. */
  readonly home?: string
  /** The form, empty or as it was refused; another answer when it is not for now. */
  readonly show: (
    request: PageRequest<VisitorOf<A>>,
    form: FormState,
  ) => PageAnswer | Promise<PageAnswer>
  readonly submit: (
    request: PageRequest<VisitorOf<A>>,
    input: z.output<F>,
  ) => PageAnswer | Promise<PageAnswer>
}

/**
 * Declares a page with a form. What the fields or the verb refuse is shown in the form again, with
 * what was typed (never a password or a code) and the status that the API would answer.
 */
export function formPage<const A extends PageAccess, F extends z.ZodObject>(
  spec: FormSpec<A, F>,
): Page {
  const names = Object.keys(spec.fields.shape)
  return {
    path: spec.path,
    access: spec.access,
    counting: spec.counting,
    get: async (request) =>
      spec.home === undefined
        ? spec.show(request as PageRequest<VisitorOf<A>>, EMPTY_FORM)
        : redirect(spec.home),
    post: async (request) => {
      const raw = Object(await readBody(request.request, spec.fields)) as Record<string, unknown>
      try {
        const input = validate(spec.fields, raw, spec.alsoCheck?.(request.deps, raw))
        return await spec.submit(request as PageRequest<VisitorOf<A>>, input)
      } catch (error) {
        const form = refusedForm(error, raw, names)
        return refused(await spec.show(request as PageRequest<VisitorOf<A>>, form), form, request)
      }
    },
  }
}

/** The form's view under the refusal's status, its title saying so to those who cannot see it. */
function refused(answer: PageAnswer, form: FormState, { texts }: PageRequest): PageAnswer {
  const { error } = form
  if (answer instanceof Response || 'seeOther' in answer || !error) return answer
  const view: View = {
    ...answer,
    status: STATUS_OF[error.kind],
    documentTitle: texts.frame.errorTitle(answer.title),
    headers: {
      ...answer.headers,
      ...(error.retryAfter !== undefined && { 'retry-after': String(Math.ceil(error.retryAfter)) }),
    },
  }
  return view
}
