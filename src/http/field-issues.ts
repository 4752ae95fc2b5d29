/** Zod's issues as the failing fields of a problem: few enough, and short enough, for any input. */
import type * as z from 'zod'
import type { FieldIssue } from '../errors'

/** Faults that a body can have any number of (unknown fields, elements of lists), named up to here. */
const MAX_MORE_ISSUES = 20
const MAX_PATH_CHARS = 64
const MAX_MESSAGE_CHARS = 300

/**
 * Every failing field and rule: the schema's, and `others` that were found beside it. Every field of the
 * schema is named; of what a body can repeat without end, the first 20, and how many more there are: so
 * the answer stays small for any body.
 */
export function fieldIssues(
  error: z.core.$ZodError | undefined,
  others: readonly FieldIssue[] = [],
): FieldIssue[] {
  const own = error?.issues.flatMap(toIssues) ?? []
  const seen = new Set(own.map((issue) => `${issue.path} ${issue.code}`))
  return bounded([...own, ...others.filter((each) => !seen.has(`${each.path} ${each.code}`))])
}

/** A schema's own fields have one-part paths, and a schema has only so many of them. */
function bounded(issues: readonly FieldIssue[]): FieldIssue[] {
  const isOwn = ({ path, code }: FieldIssue) => code !== 'unknown_field' && !path.includes('.')
  const more = issues.filter((issue) => !isOwn(issue))
  const left = more.length - MAX_MORE_ISSUES
  const named = new Set(more.slice(0, MAX_MORE_ISSUES))
  return [
    ...issues.filter((issue) => isOwn(issue) || named.has(issue)).map(shortened),
    ...(left > 0
      ? [{ path: '', code: 'more_issues', message: `${left} more issues are not listed` }]
      : []),
  ]
}

const shortened = ({ path, code, message }: FieldIssue): FieldIssue => ({
  path: cut(path, MAX_PATH_CHARS),
  code,
  message: cut(message, MAX_MESSAGE_CHARS),
})

/** No surrogate pair is cut in two. */
const cut = (text: string, most: number): string =>
  text.length > most ? `${text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, '')}\u2026` : text

function toIssues(issue: z.core.$ZodIssue): FieldIssue[] {
  const path = issue.path.map(String).join('.')
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: path === '' ? key : `${path}.${key}`,
      code: 'unknown_field',
      message: 'Unknown field',
    }))
  }
  const isMissing = issue.code === 'invalid_type' && issue.input === undefined
  if (isMissing) return [{ path, code: 'required', message: 'This field is required' }]
  const own = issue.code === 'custom' ? issue.params?.['code'] : undefined
  return [{ path, code: typeof own === 'string' ? own : issue.code, message: issue.message }]
}
