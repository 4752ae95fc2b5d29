/** The Worker with settings or bindings chosen by a test, and its console output. */
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { vi } from 'vitest'
import worker from '../../src/index'
import { freshIp, type Reply } from './api'

/**
 * Sends one request to the Worker with parts of its environment replaced; undefined removes a part.
 */
export async function fetchWith(
  changes: Record<string, unknown>,
  path: string,
  init: RequestInit = {},
): Promise<Reply> {
  const headers = new Headers(init.headers)
  if (!headers.has('cf-connecting-ip')) headers.set('cf-connecting-ip', freshIp())
  const request = new Request(`http://localhost:8787${path}`, { ...init, headers })
  const ctx = createExecutionContext()
  const changed = { ...env, ...changes } as unknown as Env
  const response = await worker.fetch(request as never, changed, ctx)
  const text = await response.text()
  await waitOnExecutionContext(ctx)
  const isJson = /[/+]json\b/.test(response.headers.get('content-type') ?? '') && text !== ''
  return {
    status: response.status,
    headers: response.headers,
    body: isJson ? JSON.parse(text) : text,
  }
}

const METHODS = ['log', 'info', 'warn', 'error', 'debug'] as const
const spies: { mockRestore(): void }[] = []

/** Everything written to the console from now to the end of the test, one text per call. */
export function consoleLines(): string[] {
  const lines: string[] = []
  for (const method of METHODS) {
    const spy = vi.spyOn(console, method).mockImplementation((...said: unknown[]) => {
      lines.push(said.map(String).join(' '))
    })
    spies.push(spy)
  }
  return lines
}

/** For setup.ts, after each test. */
export const restoreConsole = (): void => {
  for (const spy of spies.splice(0)) spy.mockRestore()
}
