/** The whole service over a local database that outlives it, and what a client says to it. */
import { unstable_startWorker as startWorker } from 'wrangler'

export interface Service {
  readonly call: (method: string, path: string, body?: unknown, token?: string) => Promise<Answer>
  /** The token of the link to a page that was mailed to an address, once there is one. */
  mailedToken(address: string, page: string): Promise<string>
  stop(): Promise<void>
}

export interface Answer {
  status: number
  /** Read as what the test is about to assert. */
  body: any
}

export async function startService(
  folder: string,
  settings: Record<string, string>,
): Promise<Service> {
  process.env['WRANGLER_LOG'] = 'error'
  const bindings = {
    PUBLIC_URL: 'http://localhost:8787',
    PASSWORD_HASH_ROUNDS: '1',
    LOG_REQUESTS: 'false',
    ...settings,
  }
  const worker = await startWorker({
    config: 'wrangler.toml',
    bindings: Object.fromEntries(
      Object.entries(bindings).map(([name, value]) => [name, { type: 'plain_text', value }]),
    ),
    dev: { persist: folder, server: { port: 0 }, inspector: false, watch: false },
  })
  await worker.ready
  const origin = await worker.url

  const call = async (method: string, path: string, body?: unknown, token?: string) => {
    const isLines = typeof body === 'string'
    const response = await fetch(new URL(`/api/v1${path}`, origin), {
      method,
      headers: {
        'content-type': isLines ? 'application/x-ndjson' : 'application/json',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      ...(body !== undefined && { body: isLines ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    const isJson = /json/.test(response.headers.get('content-type') ?? '')
    return { status: response.status, body: isJson ? JSON.parse(text) : text }
  }
  return {
    call,
    mailedToken: (address, page) => mailedToken(origin, address, page),
    stop: () => worker.dispose(),
  }
}

const MAILS = '/cdn-cgi/local/explorer/api/local/email/sending'
const PATIENCE_MS = 30_000

async function mailedToken(origin: URL, address: string, page: string): Promise<string> {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end;) {
    const list = await fetch(new URL(`${MAILS}?per_page=100`, origin))
    const { result } = (await list.json()) as { result: { to: string[]; messageId: string }[] }
    for (const { messageId } of result.filter(({ to }) => to.includes(address))) {
      const about = new URLSearchParams({ email_id: messageId, worker: 'gatehouse' })
      const text = await (await fetch(new URL(`${MAILS}?${about}`, origin))).text()
      const found = new RegExp(`${page}\\?token=([\\w-]+)`).exec(text)?.[1]
      if (found !== undefined) return found
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`no mail with a link to ${page} reached ${address}`)
}
