/**
 * Request bodies: JSON or a form, read once, counted in real bytes, into one plain object; then zod
 * names every failing field at once.
 */
import * as z from 'zod'
import { DomainError, type FieldIssue, invalidFields } from '../errors'

export const MAX_BODY_BYTES = 64 * 1024

/** Reads a body for a schema. Throws `malformed_body`, `payload_too_large` or `unsupported_media_type`. */
export async function readBody(
  request: Request,
  schema: z.ZodObject,
  maxBytes = MAX_BODY_BYTES,
): Promise<unknown> {
  const text = decode(await readBytes(request, maxBytes))
  const type = mediaType(request)
  if (type === 'application/x-www-form-urlencoded') {
    refuseBrokenEscapes(text)
    return fromForm(new URLSearchParams(text), schema)
  }
  // Nothing sent is an empty object whatever its type: validation then names what is missing.
  if (text === '' && (type === '' || type === 'application/json')) return {}
  if (type !== 'application/json') throw new DomainError('unsupported_media_type')
  try {
    return JSON.parse(text)
  } catch {
    throw new DomainError('malformed_body', { detail: 'The body is not valid JSON' })
  }
}

/** A body of one content type as text. Throws as readBody does. */
export async function readText(
  request: Request,
  contentType: string,
  maxBytes: number,
): Promise<string> {
  if (mediaType(request) !== contentType) {
    throw new DomainError('unsupported_media_type', { detail: `Send ${contentType}` })
  }
  return decode(await readBytes(request, maxBytes))
}

const mediaType = (request: Request): string =>
  (request.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? ''

/**
 * Counts what arrives, not what Content-Length claims. What is left of a body that is too large stays
 * unread: app.ts discards it behind every answer.
 */
async function readBytes(request: Request, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  const tooLarge = () => new DomainError('payload_too_large')
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw tooLarge()
  const reader = request.body?.getReader()
  try {
    for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
      size += read.value.byteLength
      if (size > maxBytes) throw tooLarge()
      chunks.push(read.value)
    }
  } finally {
    reader?.releaseLock()
  }
  const bytes = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.byteLength
  }
  return bytes
}

const notUtf8 = (bytes?: Uint8Array) => {
  const detail =
    bytes && isUtf16(bytes) ? 'The body is UTF-16. Send UTF-8' : 'The body is not valid UTF-8'
  return new DomainError('malformed_body', { detail })
}

/** Whether bytes begin with the byte order mark of UTF-16, which no UTF-8 has. */
export const isUtf16 = ([first, second]: Uint8Array): boolean =>
  (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw notUtf8(bytes)
  }
}

/** URLSearchParams would turn escaped bytes that are not UTF-8 into U+FFFD, in passwords too. */
function refuseBrokenEscapes(form: string): void {
  for (const [escapes] of form.matchAll(/(?:%[0-9a-f]{2})+/gi)) {
    try {
      decodeURIComponent(escapes)
    } catch {
      throw notUtf8()
    }
  }
}

/** Form fields are text: each becomes what its schema expects, or stays text for zod to refuse. */
function fromForm(form: URLSearchParams, schema: z.ZodObject): Record<string, unknown> {
  const fields = new Map<string, unknown>()
  for (const name of new Set(form.keys())) {
    fields.set(name, fromField(form.getAll(name), schema.shape[name]))
  }
  // Not by assignment: a field called __proto__ must stay a field.
  return Object.fromEntries(fields)
}

function fromField(values: string[], schema: z.core.$ZodType | undefined): unknown {
  const { type, isNullable } = kindOf(schema)
  if (type === 'array') return values
  const [value] = values
  if (values.length > 1 || value === undefined) return values
  if (value === '' && isNullable) return null
  if (type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true'
  if (type === 'number' && /^-?\d+$/.test(value)) return Number(value)
  if (type === 'unknown') return parsed(value)
  return value
}

function parsed(value: string): unknown {
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}

/** What a field is underneath its optional, nullable and default wrappers. */
function kindOf(schema: z.core.$ZodType | undefined): { type: string; isNullable: boolean } {
  let isNullable = false
  let at: unknown = schema
  while (at instanceof z.ZodOptional || at instanceof z.ZodNullable || at instanceof z.ZodDefault) {
    isNullable ||= at instanceof z.ZodNullable
    at = at.unwrap()
  }
  if (at instanceof z.ZodPipe) at = at.in
  return { type: at instanceof z.ZodType ? at.def.type : '', isNullable }
}

/** Faults that a body can have any number of (unknown fields, elements of lists), named up to here. */
const MAX_MORE_ISSUES = 20
const MAX_PATH_CHARS = 64
const MAX_MESSAGE_CHARS = 300

/**
 * The parsed value. Throws `validation_failed` naming every failing field and rule: the schema's, and
 * `others` that were found beside it. Every field of the schema is named; of what a body can repeat
 * without end, the first 20, and how many more there are: so the answer stays small for any body.
 */
export function validate<S extends z.ZodType>(
  schema: S,
  value: unknown,
  others: readonly FieldIssue[] = [],
): z.output<S> {
  const result = schema.safeParse(value, { reportInput: true })
  if (result.success && others.length === 0) return result.data
  const own = result.success ? [] : result.error.issues.flatMap(toIssues)
  const seen = new Set(own.map((issue) => `${issue.path} ${issue.code}`))
  const all = [...own, ...others.filter((each) => !seen.has(`${each.path} ${each.code}`))]
  throw invalidFields(bounded(all))
}

/** A schema's own fields have one-part paths, and a schema has only so many of them. */
function bounded(issues: readonly FieldIssue[]): FieldIssue[] {
  const isOwn = ({ path, code }: FieldIssue) => code !== 'unknown_field' && !path.includes('.')
  const more = issues.filter((issue) => !isOwn(issue))
  const left = more.length - MAX_MORE_ISSUES
  const named = new Set(more.slice(0, MAX_MORE_ISSUES))
  return [
    ...issues.filter((issue) => isOwn(issue) || named.has(issue)).map(shortened),
    ...(left > 0 ? [{ path: '', code: 'more_issues', message: `And ${left} more` }] : []),
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
      message: 'This field is not known',
    }))
  }
  const isMissing = issue.code === 'invalid_type' && issue.input === undefined
  if (isMissing) return [{ path, code: 'required', message: 'This field is required' }]
  const own = issue.code === 'custom' ? issue.params?.['code'] : undefined
  return [{ path, code: typeof own === 'string' ? own : issue.code, message: issue.message }]
}
