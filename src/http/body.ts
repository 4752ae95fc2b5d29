/**
 * Request bodies: JSON or a form, read once and counted in real bytes. A form is turned into the JSON that
 * its schema describes, so that one validator reads both.
 */
import type { MiddlewareHandler } from 'hono'
import * as z from 'zod'
import { DomainError } from '../errors'
import type { AppEnv } from './route'
import type { Schema } from './validated'

export const MAX_BODY_BYTES = 64 * 1024

/**
 * Replaces the request's body, JSON or form, with JSON, so that `c.req.json()` returns its fields.
 * Throws `malformed_body`, `payload_too_large` or `unsupported_media_type`.
 */
export const jsonBody = (schema: Schema, maxBytes = MAX_BODY_BYTES): MiddlewareHandler<AppEnv> =>
  async function jsonBody(c, next) {
    const sent = c.req.raw
    const body = toJson(decode(await readBytes(sent, maxBytes)), mediaType(sent), schema())
    const headers = new Headers(sent.headers)
    headers.set('content-type', 'application/json')
    headers.delete('content-length')
    c.req.raw = new Request(sent.url, { method: sent.method, headers, body })
    await next()
  }

function toJson(text: string, type: string, schema: z.ZodObject): string {
  if (type === 'application/x-www-form-urlencoded') {
    refuseBrokenEscapes(text)
    return JSON.stringify(fromForm(new URLSearchParams(text), schema))
  }
  // Nothing sent is an empty object whatever its type: validation then names what is missing.
  if (text === '' && (type === '' || type === 'application/json')) return '{}'
  if (type !== 'application/json') throw new DomainError('unsupported_media_type')
  try {
    JSON.parse(text)
  } catch {
    throw new DomainError('malformed_body', { detail: 'The body is not valid JSON' })
  }
  return text
}

/** A body of one content type as text. Throws as jsonBody does. */
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

/** The fields of a form, as they were sent. Throws as jsonBody does. */
export async function readForm(request: Request): Promise<URLSearchParams> {
  const text = await readText(request, 'application/x-www-form-urlencoded', MAX_BODY_BYTES)
  refuseBrokenEscapes(text)
  return new URLSearchParams(text)
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

/**
 * Form fields are text: each becomes what its schema expects, or stays text for zod to refuse. Objects are
 * written as JSON, which is also OpenAPI's default.
 */
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
  if (type === 'unknown' || type === 'object') return parsed(value)
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
