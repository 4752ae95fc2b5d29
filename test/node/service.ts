/** The service for tests in Node, its bundle as it runs, with an admin and what they do by the API. */
import { randomBytes } from 'node:crypto'
import { createTestHarness } from 'wrangler'
import { importLine } from '../../scripts/smoke/verification.ts'

export const PUBLIC_URL = 'http://localhost:8787'
export const PASSWORD = 'Correct-Horse-7'

const secret = () => `k1:${randomBytes(32).toString('base64url')}`

/** `before` are configurations of Workers that come first, and so are what the URL leads to. */
export function startService(before: readonly string[] = []) {
  const SETUP_TOKEN = randomBytes(16).toString('hex')
  const server = createTestHarness({
    root: process.cwd(),
    workers: [
      ...before.map((configPath) => ({ configPath })),
      {
        configPath: './wrangler.toml',
        vars: { PUBLIC_URL, PASSWORD_HASH_ROUNDS: '1', LOG_REQUESTS: 'false' },
        secrets: { TOKEN_KEYS: secret(), DATA_KEYS: secret(), SETUP_TOKEN },
      },
    ],
  })

  let calls = 0
  /** Calls the API, below `/api/v1`; a text is lines of an import. Throws where it does not answer 2xx. */
  async function ask(method: string, path: string, body?: unknown, token?: string): Promise<any> {
    const response = await server.getWorker('gatehouse').fetch(`${PUBLIC_URL}/api/v1${path}`, {
      method,
      headers: {
        'content-type': typeof body === 'string' ? 'application/x-ndjson' : 'application/json',
        // From everywhere, as limits are by network.
        'cf-connecting-ip': `10.0.${(calls += 1) >> 8}.${calls & 255}`,
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    return text === '' ? undefined : JSON.parse(text)
  }

  const signIn = async (email: string): Promise<string> =>
    (await ask('POST', '/auth/login', { username: email, password: PASSWORD })).access_token

  let people = 0
  return {
    server,
    ask,
    signIn,
    /** Starts, migrates and makes the first admin. */
    async start() {
      const { url } = await server.listen()
      await server.getWorker('gatehouse').applyD1Migrations('DB')
      const email = 'root@example.com'
      const account = { token: SETUP_TOKEN, email, password: PASSWORD, full_name: 'Root' }
      await ask('POST', '/setup', account)
      return { url, root: await signIn(email) }
    },
    /** An imported user, signed in: an activation would void a password that was registered. */
    async person(root: string) {
      const email = `person${(people += 1)}@example.com`
      await ask('POST', '/admin/import', importLine({ email, password: PASSWORD }), root)
      const token = await signIn(email)
      const { id } = await ask('GET', '/users/profile', undefined, token)
      return { id: id as number, email, token }
    },
  }
}
