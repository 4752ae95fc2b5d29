/**
 * Verifies the new account without a mailbox. Locally, the runtime shows the emails. On a deployed
 * service, an admin's key imports the account, or the operator pastes the mailed link.
 */
import { pbkdf2Sync, randomBytes } from 'node:crypto'
import { createInterface } from 'node:readline/promises'
import { CliError } from '../cli-error.ts'
import type { Check } from './site.ts'

const MAILS = '/cdn-cgi/local/explorer/api/local/email/sending'
const MAIL_PATIENCE_MS = 15_000

interface Fresh {
  readonly email: string
  readonly password: string
}

export interface Means {
  readonly url: string
  readonly isLocal: boolean
  readonly apiKey: string | undefined
  /** The operator gave their own address. */
  readonly isOwnAddress: boolean
}

/** Whether any of these ways is available. */
export const canVerify = ({ isLocal, apiKey, isOwnAddress }: Means): boolean =>
  isLocal || apiKey !== undefined || (isOwnAddress && process.stdin.isTTY)

/** Verifies the account. */
export async function verify(check: Check, means: Means, fresh: Fresh): Promise<void> {
  if (means.apiKey !== undefined) {
    // Activating the account would not do: it voids the password, because a stranger may have
    // chosen it.
    const lines = importLine(fresh)
    const path = '/admin/import'
    const title = 'an import takes over the pending account'
    const { imported } = await check(title, 'POST', path, {
      status: 200,
      token: means.apiKey,
      lines,
    })
    if (imported !== 1) throw new CliError(`FAILED ${title}: imported ${imported ?? 'nothing'}`)
    return
  }
  const token = means.isLocal
    ? await mailedToken(means.url, fresh.email)
    : await pasted(fresh.email)
  await check('the emailed link verifies it', 'POST', '/auth/verify-email', {
    status: 200,
    body: { token },
  })
  await check('the emailed link works only once', 'POST', '/auth/verify-email', {
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
  throw new Error(`no verification email reached ${address}`)
}

async function pasted(address: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const text = await terminal.question(`The link that was mailed to ${address}: `)
  terminal.close()
  return /token=([\w-]+)/.exec(text)?.[1] ?? text.trim()
}

const ITERATIONS = 10_000

/** Returns an import line with a verified address and the password as a hash in Django's format. */
export function importLine({ email, password }: Fresh): string {
  const salt = randomBytes(12).toString('hex')
  const digest = pbkdf2Sync(password, salt, ITERATIONS, 32, 'sha256').toString('base64')
  return JSON.stringify({
    email,
    full_name: 'Smoke Test',
    email_verified: true,
    hashed_password: `pbkdf2_sha256$${ITERATIONS}$${salt}$${digest}`,
  })
}
