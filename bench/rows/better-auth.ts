/** What better-auth's sign-up, sign-in, session and sign-out ask of D1, for the page of costs. */
import type { Bundle } from '../runtime/bundle.ts'
import { serve } from '../runtime/serve.ts'
import { ORIGIN, post } from '../throughput/people.ts'
import { betterAuth } from '../throughput/workers.ts'

interface Figures {
  calls: number
  rows_read: number
  rows_written: number
}

export async function betterAuthRows(bundle: Bundle): Promise<Record<string, Figures>> {
  const worker = betterAuth(bundle, 'better-auth', 'off')
  const metered = { ...worker, bindings: { COOKIE_CACHE: 'off', METER: 'on' } } as typeof worker
  const served = await serve([metered])
  try {
    const url = served.at('better-auth')
    const figures = async () => (await (await fetch(`${url}/__figures`)).json()) as Figures
    const costs: Record<string, Figures> = {}
    const ask = async (name: string, request: () => Promise<Response>) => {
      const before = await figures()
      const response = await request()
      if (!response.ok) throw new Error(`${name}: ${response.status} ${await response.text()}`)
      const after = await figures()
      costs[name] = {
        calls: after.calls - before.calls,
        rows_read: after.rows_read - before.rows_read,
        rows_written: after.rows_written - before.rows_written,
      }
      return response
    }
    await (await fetch(`${url}/__migrate`)).text()
    const person = { email: 'ada@example.com', password: 'Correct-Horse-7', name: 'Ada' }
    await ask('register', () => post(`${url}/api/auth/sign-up/email`, person, ORIGIN))
    const login = await ask('login', () => post(`${url}/api/auth/sign-in/email`, person, ORIGIN))
    const headers = {
      ...ORIGIN,
      authorization: `Bearer ${login.headers.get('set-auth-token') ?? ''}`,
    }
    await ask('session', () => fetch(`${url}/api/auth/get-session`, { headers }))
    await ask('logout', () => post(`${url}/api/auth/sign-out`, {}, headers))
    return costs
  } finally {
    await served.stop()
  }
}
