import { beforeAll, describe, expect, it } from 'vitest'
import { pages } from '../../../src/pages/pages'
import { get } from '../../support/api'
import { fetchWith } from '../../support/worker'
import { type Shown, signedIn, Visitor } from '../visitor'

/** Pages of people; those with parameters need rows to show and have tests of their own. */
const paths = [...new Set(pages.map((page) => page.path))].filter((path) => !path.includes(':'))

let ada: Visitor
beforeAll(async () => {
  ada = (await signedIn()).visitor
})

function expectPageHeaders({ headers }: Pick<Shown, 'headers'>): string {
  const policy = headers.get('content-security-policy') ?? ''
  const nonce = /script-src 'nonce-([\w-]{22})'/.exec(policy)?.[1] ?? ''
  expect(policy).toContain("default-src 'none'; ")
  expect(policy).toContain(`script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; `)
  expect(policy).toContain("form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
  expect(policy).not.toMatch(/unsafe|\*|http:/)
  expect(Object.fromEntries(headers)).toMatchObject({
    'referrer-policy': 'same-origin',
    'cache-control': 'no-store',
    'x-frame-options': 'DENY',
    'x-content-type-options': 'nosniff',
    'x-request-id': expect.any(String),
  })
  return nonce
}

describe.each(paths)('%s', (path) => {
  it.each(['signed in', 'signed out'])(
    'has a strict policy and runs nothing inline: %s',
    async (who) => {
      const shown = await (who === 'signed in' ? ada : new Visitor()).open(path)
      // 400: what an app has to send is missing.
      expect([200, 303, 400, 403, 404]).toContain(shown.status)
      if (shown.status === 303) {
        expect(shown.to).toMatch(/^\/(?!\/)/)
        expect(shown.headers.get('cache-control')).toBe('no-store')
        return
      }
      const nonce = expectPageHeaders(shown)
      for (const [tag] of shown.html.matchAll(/<(script|style|link rel="stylesheet")[^>]*>/g)) {
        expect(tag).toContain(`nonce="${nonce}"`)
      }
      expect(shown.html).not.toMatch(/<[^>]+\s(on\w+|style)=/)
      expect(shown.html).not.toMatch(/<(script|img|link)[^>]+(src|href)="(https?:)?\/\//)
    },
  )
})

it('a nonce is never used twice', async () => {
  const shown = await Promise.all([1, 2, 3].map(() => new Visitor().open('/sign-in')))
  expect(new Set(shown.map(expectPageHeaders)).size).toBe(3)
})

describe('what is not there', () => {
  it('is a page for a browser, with the request id, and a problem for a program', async () => {
    const shown = await new Visitor().open('/nothing')
    expect(shown.status).toBe(404)
    expectPageHeaders(shown)
    expect(shown.html).toContain(shown.headers.get('x-request-id'))
    const reply = await get('/nothing')
    expect([reply.status, reply.body.code]).toEqual([404, 'not_found'])
    expect(reply.headers.get('content-security-policy')).toBe(
      "default-src 'none'; frame-ancestors 'none'",
    )
  })

  it('is a problem under /api whoever asks', async () => {
    const reply = await get('/api/v1/nothing', { headers: { accept: 'text/html' } })
    expect([reply.status, reply.body.code]).toEqual([404, 'not_found'])
  })

  it('is 405 with Allow for a method that a page does not take', async () => {
    const reply = await fetchWith({}, '/sign-in', { method: 'DELETE' })
    expect([reply.status, reply.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST'])
  })

  it('and a service that is not set up is a page too, with 503 and when to come back', async () => {
    const production = { PUBLIC_URL: 'https://id.example.com', PASSWORD_HASH_ROUNDS: '6' }
    const reply = await fetchWith({ ...production, DATA_KEYS: undefined }, '/sign-in', {
      headers: { accept: 'text/html' },
    })
    expect([reply.status, reply.headers.get('retry-after')]).toEqual([503, '5'])
    expect(reply.body).toContain('<h1>We’ll be right back</h1>')
  })
})

it('HEAD answers as GET does, without a body', async () => {
  const reply = await fetchWith({}, '/sign-in', { method: 'HEAD' })
  expect([reply.status, reply.body, reply.headers.get('cache-control')]).toEqual([
    200,
    '',
    'no-store',
  ])
})

describe('a deployer\u2019s own look', () => {
  it('has the deployer’s name, logo and colour, and the policy allows images from the logo’s host', async () => {
    const reply = await fetchWith(
      {
        PRODUCT_NAME: 'Acme <& Sons>',
        PRODUCT_LOGO_URL: 'https://cdn.example/logo.svg',
        ACCENT_COLOR: '#b00020',
      },
      '/sign-in',
    )
    expect(reply.body).toContain('<title>Sign in \u00b7 Acme &lt;&amp; Sons&gt;</title>')
    expect(reply.body).toContain('src="https://cdn.example/logo.svg"')
    expect(reply.body).toContain('--accent:light-dark(#b00020,')
    expect(reply.headers.get('content-security-policy')).toContain(
      "img-src 'self' https://cdn.example;",
    )
  })

  it.each([
    { PRODUCT_LOGO_URL: 'http://cdn.example/logo.svg' },
    { PRODUCT_LOGO_URL: '//cdn.example/logo.svg' },
    { PRODUCT_LOGO_URL: 'https://cdn.example/; script-src *' },
    { ACCENT_COLOR: 'red;}body{display:none' },
  ])('that would break out of its place is refused: %j', async (settings) => {
    const reply = await fetchWith(settings, '/sign-in', { headers: { accept: 'text/html' } })
    expect(reply.status).toBe(503)
  })
})
