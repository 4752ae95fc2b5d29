/** The OpenAPI document as the service itself hands it out, from the bundle that `wrangler dev` runs. */
import { randomBytes } from 'node:crypto'
import { createTestHarness } from 'wrangler'

const secret = () => `k1:${randomBytes(32).toString('base64url')}`

/** Starts the service, asks for /openapi.json and stops it again: about a second. */
export async function servedDocument(): Promise<Record<string, unknown>> {
  const server = createTestHarness({
    root: `${import.meta.dirname}/..`,
    workers: [
      {
        configPath: './wrangler.toml',
        vars: { PUBLIC_URL: 'http://localhost:8787' },
        secrets: { TOKEN_KEYS: secret(), DATA_KEYS: secret() },
      },
    ],
  })
  try {
    const { url } = await server.listen()
    const response = await fetch(new URL('/openapi.json', url))
    if (!response.ok) throw new Error(`/openapi.json answered ${response.status}`)
    return (await response.json()) as Record<string, unknown>
  } finally {
    await server.close()
  }
}
