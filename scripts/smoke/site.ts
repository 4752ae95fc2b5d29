/** The service under test, and what is expected of each answer. */
import { Refusal } from '../refusal.ts'

const PATIENCE_MS = 15_000

export interface Expected {
  readonly status: number
  /** The problem's code. */
  readonly code?: string
  /** Requests above the API's base path: /healthz and the like. */
  readonly isRoot?: boolean
  readonly token?: string | undefined
  readonly body?: object
}

/** What the answers hold of which something is used later. */
export interface Answer {
  readonly id: number
  readonly email: string
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

/** Makes the function that asks, compares and prints; the first answer that is not as expected ends the run. */
export function checksOf(url: string): { check: Check; passed: () => number } {
  let passed = 0
  const check: Check = async (title, method, path, { status, code, isRoot, token, body }) => {
    const began = performance.now()
    const response = await reach(`${url}${isRoot ? '' : '/api/v1'}${path}`, {
      method,
      redirect: 'manual',
      headers: {
        ...(body && { 'content-type': 'application/json' }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const isJson = /json/.test(response.headers.get('content-type') ?? '')
    const answer = (isJson && text !== '' ? JSON.parse(text) : {}) as Answer
    const isAsExpected = response.status === status && (code === undefined || answer.code === code)
    if (!isAsExpected) {
      const id = response.headers.get('x-request-id') ?? 'none'
      throw new Refusal(
        `FAILED ${title}: ${method} ${path} answered ${response.status} ${answer.code ?? ''}, expected ${status} ${code ?? ''} (request ${id})`,
      )
    }
    if (!response.headers.has('x-request-id')) throw new Refusal(`FAILED ${title}: no request id`)
    passed += 1
    console.log(`  ok  ${title} (${Math.round(performance.now() - began)} ms)`)
    return answer
  }
  return { check, passed: () => passed }
}

async function reach(address: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(address, { ...init, signal: AbortSignal.timeout(PATIENCE_MS) })
  } catch (error) {
    const isLate = error instanceof Error && error.name === 'TimeoutError'
    throw new Refusal(
      `FAILED ${address} ${isLate ? 'does not answer in time' : 'cannot be reached'}`,
    )
  }
}
