import type * as z from 'zod'
import type { Deps } from '../../context'
import type { FieldIssue } from '../../errors'
import { readBody, validate } from '../../http/body'
import { STATUS_OF } from '../../http/problem'
import { type FormState, refusedForm } from './form-state'
import {
  type Awaitable,
  isConsole,
  type Page,
  type PageAccess,
  type PageAnswer,
  type PageCounting,
  type PageRequest,
  redirect,
  type VisitorOf,
} from './page'
import { RefusedFormProvider } from './page-context'
import { retryAfterHeader } from './retry-after'

export interface FormSpec<A extends PageAccess, F extends z.ZodObject> {
  readonly path: `/${string}`
  readonly access: A
  readonly counting?: PageCounting
  readonly fields: F
  /** Rules beside the schema's, named together with them. */
  readonly refine?: (deps: Deps, raw: Readonly<Record<string, unknown>>) => FieldIssue[]
  /** Where a GET leads when the form is part of another page. */
  readonly home?: string | ((request: PageRequest<VisitorOf<A>>) => string)
  /** The page with the form, as `request.form` has it. Without one a refusal leads to `home`. */
  readonly show?: (request: PageRequest<VisitorOf<A>>) => Awaitable<PageAnswer>
  readonly submit: (request: PageRequest<VisitorOf<A>>, input: z.output<F>) => Awaitable<PageAnswer>
}

/**
 * Declares a page with a form. What the fields or the verb refuse is shown in the form again, with
 * what was typed (never a password or a code) and the status that the API would answer.
 */
export function formPage<const A extends PageAccess, F extends z.ZodObject>(
  spec: FormSpec<A, F>,
): Page {
  const { path, access, counting, fields, home = '/' } = spec
  const goHome = (request: PageRequest<VisitorOf<A>>) =>
    redirect(typeof home === 'string' ? home : home(request))
  const show = spec.show ?? goHome
  return {
    path,
    access,
    counting,
    // Sound: serve.ts finds the visitor that the access asks for.
    get: async (request) =>
      (spec.home === undefined ? show : goHome)(request as PageRequest<VisitorOf<A>>),
    post: async (anyRequest) => {
      const request = anyRequest as PageRequest<VisitorOf<A>>
      const raw = Object(await readBody(request.request, fields)) as Record<string, unknown>
      try {
        const input = validate(fields, raw, spec.refine?.(request.deps, raw))
        return await spec.submit(request, input)
      } catch (error) {
        const posted = { to: request.path, raw, fields: Object.keys(fields.shape) }
        const form = refusedForm(error, { ...posted, isOfConsole: isConsole(access) })
        return refused(await show({ ...request, form }), form, request)
      }
    },
  }
}

/** The form's view under the refusal's status. The window's title says so to those who cannot see it. */
function refused(answer: PageAnswer, form: FormState, { texts }: PageRequest): PageAnswer {
  const { error } = form
  if (answer instanceof Response || 'seeOther' in answer || !error) return answer
  return {
    ...answer,
    main: <RefusedFormProvider value={form}>{answer.main}</RefusedFormProvider>,
    status: STATUS_OF[error.kind],
    documentTitle: texts.frame.errorTitle(answer.title),
    headers: { ...answer.headers, ...retryAfterHeader(error) },
  }
}
