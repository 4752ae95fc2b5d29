/** Documents that are the same for everybody: a strong ETag, and 304 for a client that has them. */
import { describe, expect, it } from 'vitest'
import { send } from '../support/api'
import { fetchWith } from '../support/worker'

/** Open to pages of any origin: there is one answer for all. */
const OPEN = [
  '/.well-known/jwks.json',
  '/.well-known/openid-configuration',
  '/.well-known/oauth-authorization-server',
]

describe.each(['/openapi.json', ...OPEN])('%s', (path) => {
  const ask = (headers: Record<string, string> = {}) => send(path, { headers })

  it('has a strong ETag that stays, and may be kept for five minutes', async () => {
    const [one, two] = [await ask(), await ask()]
    expect(one.headers.get('etag')).toMatch(/^"[\w-]{43}"$/)
    expect(two.headers.get('etag')).toBe(one.headers.get('etag'))
    expect(one.headers.get('cache-control')).toBe('public, max-age=300')
  })

  it('is 304 without a body for a client that has it', async () => {
    const etag = (await ask()).headers.get('etag') ?? ''
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const reply = await fetchWith({}, path, { headers: { 'if-none-match': known } })
      expect([reply.status, reply.body]).toEqual([304, ''])
      expect(reply.headers.get('etag')).toBe(etag)
      expect(reply.headers.get('x-content-type-options')).toBe('nosniff')
      if (OPEN.includes(path)) expect(reply.headers.get('access-control-allow-origin')).toBe('*')
      else expect(reply.headers.get('vary')).toContain('Origin')
    }
    expect((await ask({ 'if-none-match': '"other"' })).status).toBe(200)
  })

  it('is not kept where it was asked for with credentials', async () => {
    const reply = await ask({ authorization: 'Bearer x' })
    expect(reply.headers.get('cache-control')).toBe('no-store')
  })
})

it('the ETag of the OpenAPI document changes with what it says', async () => {
  const [one, other] = [
    await send('/openapi.json', {}),
    await fetchWith({ PRODUCT_NAME: 'Other' }, '/openapi.json', {}),
  ]
  expect(other.headers.get('etag')).not.toBe(one.headers.get('etag'))
})
