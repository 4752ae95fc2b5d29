/** Calls to the API with a key, each with its end: an answer, a refusal, no service, or no answer in time. */
import { Refusal } from '../refusal.ts'

const PATIENCE_MS = 30_000

/** Exit codes of the CLI, so that scripts can tell what happened. */
export const EXIT = { done: 0, refused: 1, usage: 2, unreachable: 3, late: 4 } as const

/** The service said no, or could not be asked. */
export class CallFailed extends Refusal {
  readonly exit: number

  constructor(message: string, exit: number) {
    super(message)
    this.exit = exit
  }
}

export interface Service {
  readonly url: string
  readonly key: string
}

interface Problem {
  code?: string
  detail?: string
  request_id?: string
  errors?: { path: string; message: string }[]
}

/** Asks the service; `path` is below /api/v1. Throws CallFailed. */
export async function ask<T>(
  { url, key }: Service,
  method: string,
  path: string,
  body?: string | object,
): Promise<T> {
  const response = await reach(url, `${url}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body !== undefined && {
        'content-type': typeof body === 'string' ? 'application/x-ndjson' : 'application/json',
      }),
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  if (response.ok) return (isJson(response) && text !== '' ? JSON.parse(text) : text) as T
  throw refusal(response, text)
}

async function reach(url: string, address: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(address, { ...init, signal: AbortSignal.timeout(PATIENCE_MS) })
  } catch (error) {
    if (error instanceof Error && error.name === 'TimeoutError') {
      const seconds = PATIENCE_MS / 1000
      throw new CallFailed(
        `${url} has not answered within ${seconds} s. It may have happened.`,
        EXIT.late,
      )
    }
    throw new CallFailed(`${url} cannot be reached.`, EXIT.unreachable)
  }
}

const isJson = (response: Response) => /json/.test(response.headers.get('content-type') ?? '')

function refusal(response: Response, text: string): CallFailed {
  const problem = (isJson(response) ? JSON.parse(text) : {}) as Problem
  const retryAfter = response.headers.get('retry-after')
  const lines = [
    `${response.status} ${problem.code ?? ''}: ${problem.detail ?? response.statusText}`,
    ...(problem.errors ?? []).map(({ path, message }) => `  ${path}: ${message}`),
    ...(retryAfter ? [`  Try again in ${retryAfter} s.`] : []),
    ...(problem.request_id ? [`  request ${problem.request_id}`] : []),
  ]
  return new CallFailed(lines.join('\n'), EXIT.refused)
}
