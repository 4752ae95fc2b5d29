/** /docs: a page like any other, that loads a viewer from our own assets and asks no other host. */
import { expect, it } from 'vitest'
import { Visitor } from './visitor'

it('anyone may open it; its policy allows the viewer our files alone, and no eval', async () => {
  const { status, html, headers } = await new Visitor().open('/docs')
  expect(status).toBe(200)
  const policy = headers.get('content-security-policy') ?? ''
  expect(policy).toContain("img-src 'self' data:; connect-src 'self'; ")
  expect(policy).not.toMatch(/unsafe|https?:|\*/)
  expect(html).toContain('data-document="/openapi.json"')
  const files = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path)
  expect(files).toEqual(
    expect.arrayContaining([
      '/assets/docs/swagger-ui.css',
      '/assets/docs/swagger-ui-bundle.js',
      '/assets/docs.js',
    ]),
  )
})
