/**
 * Checks every response of the Worker against the OpenAPI document: its status, content type, body
 * and problem code must be documented for the operation. setup.ts wraps the Worker in it, so any
 * test that gets an undocumented response fails.
 */
import { Validator, type Schema } from '@cfworker/json-schema'
import { routes } from '../../src/app'
import type { Route } from '../../src/http/route'
import worker from '../../src/index'
import { openApiDocument } from '../../src/openapi/openapi'
import { TAGS } from '../../src/openapi/tags'

interface DocumentedAnswer {
  headers?: Record<string, { $ref?: string }>
  content?: Record<string, { schema: Schema; examples?: Record<string, object> }>
}

/** The operations of one path, and the components that their schemas refer to. */
interface PathDocument {
  operations: Record<string, { responses: Record<string, DocumentedAnswer> }>
  components: object
}

const ABOUT = { title: 'Gatehouse', publicUrl: 'http://localhost:8787', tags: TAGS }
const PROBLEM = 'application/problem+json'
/**
 * Problems that occur before an operation is found, or when the service is unavailable. They are
 * not documented per operation.
 */
const UNROUTED = new Set(['not_found', 'method_not_allowed', 'unavailable', 'internal'])
/**
 * Goes with a 403 only if a proof lifts it (test/step-up/header.test.ts), and with OAuth's 401 only if a header
 * was sent (test/apps/authenticate-client.test.ts).
 */
const OPTIONAL_HEADERS = ['#/components/headers/StepUp', '#/components/headers/Challenge']
/** The number of lines of a stream that are checked. The rest passes through. */
const CHECKED_LINES = 20

const patterns = routes.map((route) => ({
  path: route.path,
  matches: new RegExp(`^${route.path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`),
}))
const documents = new Map<string, PathDocument>()
const validators = new Map<string, Validator>()

/** Builds the documents of the routes once more: a test has changed a route. */
export function forgetDocuments(): void {
  documents.clear()
  validators.clear()
}

function documentOf(path: Route['path']): PathDocument {
  let known = documents.get(path)
  if (!known) {
    const whole = openApiDocument(
      routes.filter((each) => each.path === path),
      ABOUT,
    )
    const paths = whole['paths'] as Record<string, PathDocument['operations']>
    known = { operations: paths[path] ?? {}, components: whole['components'] as object }
    documents.set(path, known)
  }
  return known
}

function validatorOf(at: string, schema: Schema, components: object): Validator {
  let validator = validators.get(at)
  if (!validator) {
    validator = new Validator({ ...schema, components }, '2020-12', false)
    validators.set(at, validator)
  }
  return validator
}

class Undocumented extends Error {
  override readonly name = 'Undocumented'
}

type Fetch = typeof worker.fetch

/** Wraps the fetch handler so that every response is checked before the caller sees it. */
export const documented =
  (fetch: Fetch): Fetch =>
  async (request, ...rest) =>
    checked(request.method, new URL(request.url).pathname, await fetch(request, ...rest))

const original = worker.fetch

/** For setup.ts. Whichever way a test calls the Worker, it goes through this property. */
export function documentAnswers(): void {
  worker.fetch = documented(original)
}

async function checked(method: string, pathname: string, response: Response): Promise<Response> {
  const found = patterns.find(({ matches }) => matches.test(pathname))
  const at = `${method} ${found?.path ?? pathname} answered ${response.status}`
  const type = mediaType(response)
  const document = found && documentOf(found.path)
  const operation = document?.operations[(method === 'HEAD' ? 'get' : method).toLowerCase()]
  if (!document || !operation) {
    if (type === PROBLEM) {
      return withProblem(at, response, { isKnown: (code) => UNROUTED.has(code) })
    }
    if (pathname.startsWith('/api/') && response.body !== null) {
      throw new Undocumented(`${at} where no operation is documented`)
    }
    return response
  }
  const answer = operation.responses[response.status]
  if (!answer) throw new Undocumented(`${at}, a status that is not documented`)
  for (const [header, { $ref }] of Object.entries(answer.headers ?? {})) {
    const isOptional = $ref !== undefined && OPTIONAL_HEADERS.includes($ref)
    if (!isOptional && !response.headers.has(header))
      throw new Undocumented(`${at} without ${header}`)
  }
  const types = Object.keys(answer.content ?? {})
  if (types.length === 0) {
    if (type !== '' || response.body !== null) throw new Undocumented(`${at} with a body`)
    return response
  }
  const documentedType = types.find((each) => withoutParameters(each) === type)
  const content = documentedType === undefined ? undefined : answer.content?.[documentedType]
  if (!content)
    throw new Undocumented(`${at} as ${type || 'nothing'}, not as ${types.join(' or ')}`)
  if (method === 'HEAD') return response
  const validator = validatorOf(`${at} ${type}`, content.schema, document.components)
  if (type === PROBLEM) {
    const isKnown = (code: string) => code in (content.examples ?? {})
    return withProblem(at, response, { validator, isKnown })
  }
  if (type.endsWith('json') && !type.endsWith('ndjson')) {
    const text = await response.text().catch(() => undefined)
    // A download that breaks off must also break off for the caller.
    if (text === undefined) return new Response(brokenOff(), response)
    const body: unknown = JSON.parse(text)
    check(at, validator, body)
    if (response.status >= 400) checkOAuthError(at, body as { error: string }, content.examples)
    return new Response(text, response)
  }
  return type.endsWith('ndjson') ? withLines(at, validator, response) : response
}

const brokenOff = (): ReadableStream =>
  new ReadableStream({ pull: (controller) => controller.error(new Error('broken off')) })

const withoutParameters = (type: string): string => type.split(';')[0]?.trim() ?? ''
const mediaType = ({ headers }: Response): string =>
  withoutParameters(headers.get('content-type') ?? '')

function check(at: string, validator: Validator, body: unknown): void {
  const { valid, errors } = validator.validate(body)
  if (valid) return
  const faults = errors.map((each) => `${each.instanceLocation} ${each.error}`).slice(0, 8)
  throw new Undocumented(`${at}, not by its schema:\n${faults.join('\n')}`)
}

function checkOAuthError(at: string, { error }: { error: string }, examples: object = {}): void {
  if (!(error in examples))
    throw new Undocumented(`${at} with \`${error}\`, an error that is not documented`)
}

async function withProblem(
  at: string,
  response: Response,
  about: { validator?: Validator; isKnown: (code: string) => boolean },
): Promise<Response> {
  const text = await response.text()
  // HEAD returns the headers of a problem, without a body.
  if (text === '') return new Response(null, response)
  const problem = JSON.parse(text) as { code: string }
  if (about.validator) check(at, about.validator, problem)
  if (!about.isKnown(problem.code)) {
    throw new Undocumented(`${at} with \`${problem.code}\`, a code that is not documented`)
  }
  return new Response(text, response)
}

/**
 * Passes the stream through at the reader's pace, and fails at the first line that does not match
 * the document.
 */
function withLines(at: string, validator: Validator, response: Response): Response {
  if (!response.body) return response
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  const decoder = new TextDecoder()
  let seen = 0
  let rest = ''
  const inspect = (chunk: Uint8Array) => {
    const whole = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = whole.pop() ?? ''
    for (const line of whole.slice(0, CHECKED_LINES - seen)) {
      seen += 1
      check(`${at}, line ${seen}`, validator, JSON.parse(line))
    }
  }
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await reader.read()
        if (done) return controller.close()
        if (seen < CHECKED_LINES) inspect(value)
        controller.enqueue(value)
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
  return new Response(stream, response)
}
