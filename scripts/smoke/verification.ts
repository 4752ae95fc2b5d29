/**
 * How a fresh account gets verified by somebody without a mailbox: locally the runtime shows its mails;
 * a deployed service is told by an admin's key; or the operator pastes what was mailed to him.
 */
import { createInterface } from 'node:readline/promises'
import type { Check } from './site.ts'

const MAILS = '/cdn-cgi/local/explorer/api/local/email/sending'
const MAIL_PATIENCE_MS = 15_000

interface Fresh {
  readonly id: number
  readonly email: string
}

export interface Means {
  readonly url: string
  readonly isLocal: boolean
  readonly apiKey: string | undefined
  /** Somebody sits there, and gave an address of his own. */
  readonly isOwnAddress: boolean
}

/** Whether there is a way at all. */
export const canVerify = ({ isLocal, apiKey, isOwnAddress }: Means): boolean =>
  isLocal || apiKey !== undefined || (isOwnAddress && process.stdin.isTTY)

/** Verifies the account. */
export async function verify(check: Check, means: Means, fresh: Fresh): Promise<void> {
  if (means.apiKey !== undefined) {
    const path = `/admin/users/${fresh.id}/status`
    const body = { is_active: true }
    await check('an admin vouches for it', 'PUT', path, { status: 200, token: means.apiKey, body })
    return
  }
  const token = means.isLocal
    ? await mailedToken(means.url, fresh.email)
    : await pasted(fresh.email)
  await check('the mailed link verifies it', 'POST', '/auth/verify-email', {
    status: 200,
    body: { token },
  })
  await check('and works once', 'POST', '/auth/verify-email', {
    status: 400,
    code: 'invalid_token',
    body: { token },
  })
}

async function mailedToken(url: string, address: string): Promise<string> {
  const until = Date.now() + MAIL_PATIENCE_MS
  while (Date.now() < until) {
    const list = await (await fetch(`${url}${MAILS}?per_page=100`)).json()
    const { result } = list as { result: { to: string[]; messageId: string }[] }
    for (const { messageId } of result.filter(({ to }) => to.includes(address))) {
      const about = new URLSearchParams({ email_id: messageId, worker: 'gatehouse' })
      const text = await (await fetch(`${url}${MAILS}?${about.toString()}`)).text()
      const token = /verify-email\?token=([\w-]+)/.exec(text)?.[1]
      if (token !== undefined) return token
    }
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
  throw new Error(`no verification mail has reached ${address}`)
}

async function pasted(address: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const text = await terminal.question(`The link that was mailed to ${address}: `)
  terminal.close()
  return /token=([\w-]+)/.exec(text)?.[1] ?? text.trim()
}
