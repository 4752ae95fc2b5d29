/** The whole service for a run: the bundle as `wrangler dev` runs it, with assets, D1, objects and mails. */
import { randomBytes } from 'node:crypto'
import { createTestHarness } from 'wrangler'

const secret = () => `k1:${randomBytes(32).toString('base64url')}`
export const SETUP_TOKEN = randomBytes(16).toString('hex')

const server = createTestHarness({
  root: `${import.meta.dirname}/../../..`,
  workers: [
    {
      configPath: './wrangler.toml',
      vars: { PUBLIC_URL: 'http://localhost:8787', PASSWORD_HASH_ROUNDS: '1' },
      secrets: { TOKEN_KEYS: secret(), DATA_KEYS: secret(), SETUP_TOKEN },
    },
  ],
})

const { url } = await server.listen()
await server.getWorker().applyD1Migrations('DB')

export const base = url.href.replace(/\/$/, '').replace('127.0.0.1', 'localhost')
export const stopSite = () => server.close()

const MAILS = '/cdn-cgi/local/explorer/api/local/email/sending'
interface Listed {
  to: string[]
  messageId: string
  subject: string
}

async function mailsTo(address: string): Promise<Listed[]> {
  const response = await fetch(`${base}${MAILS}?per_page=100`)
  const { result } = (await response.json()) as { result: Listed[] }
  return result.filter((mail) => mail.to.includes(address))
}

const MAIL_PATIENCE_MS = 15_000

/** The path of the link that was last mailed to an address, once there is one. */
export async function mailedPath(address: string, path: string): Promise<string> {
  const until = Date.now() + MAIL_PATIENCE_MS
  while (Date.now() < until) {
    for (const mail of await mailsTo(address)) {
      const about = new URLSearchParams({ email_id: mail.messageId, worker: 'gatehouse' })
      const text = await (await fetch(`${base}${MAILS}?${about}`)).text()
      const found = new RegExp(`${path}\\?token=[\\w-]+`).exec(text)
      if (found && !opened.has(found[0])) {
        opened.add(found[0])
        return found[0]
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  throw new Error(`no mail with ${path} reached ${address}`)
}

const opened = new Set<string>()

/** A POST as a page's form makes it, for what a journey needs but does not show. */
export const postForm = (path: string, fields: Record<string, string>): Promise<Response> =>
  fetch(`${base}${path}`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'sec-fetch-site': 'same-origin', accept: 'text/html' },
    body: new URLSearchParams(fields),
  })
