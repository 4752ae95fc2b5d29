import type * as z from 'zod'
import { type FieldIssue, invalidFields } from '../../errors'
import { fieldIssues } from '../../http/field-issues'

/** What a form posted, by the API's schema. `named` gives issues the form's names. Throws `validation_failed`. */
export function postedFields<S extends z.ZodObject>(
  schema: S,
  fields: object,
  named: (issue: FieldIssue) => FieldIssue = (issue) => issue,
): z.output<S> {
  const result = schema.safeParse(fields, { reportInput: true })
  if (result.success) return result.data
  throw invalidFields(fieldIssues(result.error).map(named))
}
