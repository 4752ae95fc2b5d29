/** Calls the service under test, and checks its responses. */
import { CliError } from '../cli-error.ts'

const PATIENCE_MS = 15_000

export interface Expected {
  readonly status: number
  /** The code of the problem. */
  readonly code?: string
  /** For paths outside /api/v1, such as /healthz. */
  readonly isRoot?: boolean
  readonly token?: string | undefined
  readonly body?: object
  /** An NDJSON body, instead of a JSON body. */
  readonly lines?: string
}

/** The fields of the responses that are used later. */
export interface Answer {
  readonly imported?: number
  readonly code?: string
  readonly access_token: string
  readonly refresh_token: string
  readonly keys?: readonly object[]
}

export type Check = (
  title: string,
  method: string,
  path: string,
  expected: Expected,
) => Promise<Answer>

/**
 * Returns the function that calls, compares and prints. The first unexpected response throws and
 * ends the run.
 */
export function checksOf(
  url: string,
  patienceMs = PATIENCE_MS,
): { check: Check; passed: () => number } {
  let passed = 0
  const check: Check = async (title, method, path, expected) => {
    const { status, code, isRoot, token, body, lines } = expected
    const began = performance.now()
    const address = `${url}${isRoot ? '' : '/api/v1'}${path}`
    const { response, text } = await reach(address, patienceMs, {
      method,
      redirect: 'manual',
      headers: {
        ...(body && { 'content-type': 'application/json' }),
        ...(lines !== undefined && { 'content-type': 'application/x-ndjson' }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      ...(body && { body: JSON.stringify(body) }),
      ...(lines !== undefined && { body: lines }),
    })
    const isJson = /json/.test(response.headers.get('content-type') ?? '')
    const answer = (isJson && text !== '' ? parsed(address, text) : {}) as Answer
    const isAsExpected = response.status === status && (code === undefined || answer.code === code)
    if (!isAsExpected) {
      const id = response.headers.get('x-request-id') ?? 'none'
      throw new CliError(
        `FAILED ${title}: ${method} ${path} answered ${response.status} ${answer.code ?? ''}, expected ${status} ${code ?? ''} (request ${id})`,
      )
    }
    if (!response.headers.has('x-request-id')) throw new CliError(`FAILED ${title}: no request id`)
    passed += 1
    console.log(`  ok  ${title} (${Math.round(performance.now() - began)} ms)`)
    return answer
  }
  return { check, passed: () => passed }
}

/** Returns the complete response: the body may stall or break off as well as the connection. */
async function reach(address: string, patienceMs: number, init: RequestInit) {
  try {
    const response = await fetch(address, { ...init, signal: AbortSignal.timeout(patienceMs) })
    return { response, text: await response.text() }
  } catch (error) {
    const isLate = error instanceof Error && error.name === 'TimeoutError'
    throw new CliError(
      `FAILED ${address} ${isLate ? 'did not respond in time' : 'cannot be reached, or its response was cut off'}`,
    )
  }
}

function parsed(address: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new CliError(`FAILED the response from ${address} is not JSON`)
  }
}
