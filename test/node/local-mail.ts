/** Mails of a service that runs locally, from the runtime's own mail explorer. */

const MAILS = '/cdn-cgi/local/explorer/api/local/email/sending'
const PATIENCE_MS = 30_000

interface Listed {
  to: string[]
  messageId: string
}

const opened = new Set<string>()

async function mailsTo(base: string, address: string): Promise<Listed[]> {
  const response = await fetch(`${base}${MAILS}?per_page=100`)
  const { result } = (await response.json()) as { result: Listed[] }
  return result.filter((mail) => mail.to.includes(address))
}

/** The path of the link that was last mailed to an address, once there is one; no link twice. */
export async function mailedPathAt(base: string, address: string, path: string): Promise<string> {
  const until = Date.now() + PATIENCE_MS
  while (Date.now() < until) {
    for (const mail of await mailsTo(base, address)) {
      const about = new URLSearchParams({ email_id: mail.messageId, worker: 'gatehouse' })
      const text = await (await fetch(`${base}${MAILS}?${about}`)).text()
      const found = new RegExp(`${path}\\?token=[\\w-]+(?:\\.[\\w-]+)*`).exec(text)
      if (found && !opened.has(found[0])) {
        opened.add(found[0])
        return found[0]
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  throw new Error(`no mail with ${path} reached ${address}`)
}
