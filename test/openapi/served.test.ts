/** The document as it is served: written when the Worker is built, and completed with an installation's settings. */
import { expect, it, vi } from 'vitest'
import { routes } from '../../src/app'
import { documentTemplate } from '../../src/document'
import { openApiDocument } from '../../src/openapi/openapi'
import { PLACEHOLDERS } from '../../src/openapi/placeholders'
import { TAGS } from '../../src/openapi/tags'
import { fetchWith } from '../support/worker'

const served = (settings: Record<string, unknown> = {}) => fetchWith(settings, '/openapi.json', {})

it('is what the declarations of the routes say', async () => {
  const reply = await served()
  const about = { title: 'Gatehouse', publicUrl: 'http://localhost:8787', tags: TAGS }
  expect(reply.body).toEqual(JSON.parse(JSON.stringify(openApiDocument(routes, about))))
})

it('has the name and the address of the installation, whatever characters they have', async () => {
  const PRODUCT_NAME = 'Caf\u00e9 "$&" \\ Co'
  const { body } = await served({ PRODUCT_NAME, PUBLIC_URL: 'http://127.0.0.1:8787' })
  const text = JSON.stringify(body)
  expect(body.info.title).toBe(PRODUCT_NAME)
  expect(text).toContain('http://127.0.0.1:8787/')
  for (const placeholder of Object.values(PLACEHOLDERS)) {
    expect(documentTemplate()).toContain(placeholder)
    expect(text).not.toContain(placeholder)
  }
})

it('is 503 with Retry-After while the assets fail, and is read again by the next request', async () => {
  const settings = { PRODUCT_NAME: 'Later' }
  const ASSETS = { fetch: vi.fn(async () => new Response('gone', { status: 404 })) }
  const failed = await served({ ...settings, ASSETS })
  expect([failed.status, failed.headers.get('retry-after') !== null]).toEqual([503, true])
  expect((await served(settings)).status).toBe(200)
})
