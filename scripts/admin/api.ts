/**
 * Calls the API with a key. Every call ends in a response, a refusal, an unreachable service or a
 * timeout.
 */
import { CliError } from '../cli-error.ts'

const PATIENCE_MS = 30_000

/** Exit codes of the command line, so that scripts can tell what happened. */
export const EXIT = { done: 0, refused: 1, usage: 2, unreachable: 3, late: 4 } as const

/** The service refused the call or could not be reached. */
export class CallFailed extends CliError {
  readonly exit: number

  constructor(message: string, exit: number) {
    super(message)
    this.exit = exit
  }
}

export interface Service {
  readonly url: string
  readonly key: string
  /** The most milliseconds that a call may take, up to the last byte of the response. */
  readonly patienceMs?: number
}

interface Problem {
  code?: string
  detail?: string
  request_id?: string
  errors?: { path: string; message: string }[]
}

/** Calls the service; `path` is relative to /api/v1. Throws CallFailed. */
export async function ask<T>(
  service: Service,
  method: string,
  path: string,
  body?: string | object,
): Promise<T> {
  const { response, text } = await reach(service, path, {
    method,
    headers: {
      authorization: `Bearer ${service.key}`,
      ...(body !== undefined && {
        'content-type': typeof body === 'string' ? 'application/x-ndjson' : 'application/json',
      }),
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const answer = isJson(response) && text !== '' ? parsed(service, text) : text
  if (response.ok) return answer as T
  throw refusal(response, answer)
}

/** Returns the complete response: the body may stall or break off as well as the connection. */
async function reach({ url, patienceMs = PATIENCE_MS }: Service, path: string, init: RequestInit) {
  try {
    const signal = AbortSignal.timeout(patienceMs)
    const response = await fetch(`${url}/api/v1${path}`, { ...init, signal })
    return { response, text: await response.text() }
  } catch (error) {
    if (error instanceof Error && error.name === 'TimeoutError') {
      const seconds = patienceMs / 1000
      throw new CallFailed(
        `${url} did not respond within ${seconds} s. The request may have taken effect.`,
        EXIT.late,
      )
    }
    throw new CallFailed(`${url} cannot be reached, or its response was cut off.`, EXIT.unreachable)
  }
}

function parsed({ url }: Service, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new CallFailed(
      `The response from ${url} is not JSON. The request may have taken effect.`,
      EXIT.unreachable,
    )
  }
}

const isJson = (response: Response) => /json/.test(response.headers.get('content-type') ?? '')

function refusal(response: Response, answer: unknown): CallFailed {
  const problem: Problem = typeof answer === 'object' && answer !== null ? answer : {}
  const retryAfter = response.headers.get('retry-after')
  const lines = [
    `${response.status} ${problem.code ?? ''}: ${problem.detail ?? response.statusText}`,
    ...(problem.errors ?? []).map(({ path, message }) => `  ${path}: ${message}`),
    ...(retryAfter ? [`  Try again in ${retryAfter} s.`] : []),
    ...(problem.request_id ? [`  request ${problem.request_id}`] : []),
  ]
  return new CallFailed(lines.join('\n'), EXIT.refused)
}
