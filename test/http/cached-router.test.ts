/** Our router beside Hono's own: for every declared path, and for such as nobody declared. */
import { TrieRouter } from 'hono/router/trie-router'
import { describe, expect, it } from 'vitest'
import { app } from '../../src/app'
import { CachedRouter } from '../../src/http/cached-router'

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'purge']
// A request for the literal `/*` is left out: Hono's own finds its middleware twice.
const patterns = new Set(app.routes.map(({ path }) => path).filter((path) => path !== '/*'))
const filled = [...patterns].map((path) => path.replaceAll(/:\w+/g, 'v%20alue'))
const PATHS = [
  ...filled,
  ...filled.map((path) => `${path}/`),
  ...filled.map((path) => `${path}/more`),
  ...filled.map((path) => path.replace(/[^/]*$/, '')),
  ...filled.map((path) => path.replace(/[^/]+$/, 'id:')),
  ...filled.map((path) => path.replace(/[^/]+$/, '__proto__')),
  ...filled.map((path) => path.replaceAll('/', '//')),
  ...filled.map((path) => path.slice(0, -1)),
  '/',
  '//',
  '/nowhere',
].filter((path) => path !== '')

describe('the router', () => {
  const own = new CachedRouter<string>()
  const honos = new TrieRouter<string>()
  for (const [at, { method, path }] of app.routes.entries()) {
    own.add(method, path, `${at} ${method} ${path}`)
    honos.add(method, path, `${at} ${method} ${path}`)
  }

  it('finds the handlers that Hono finds, in their order and with their parameters', () => {
    expect(PATHS.length).toBeGreaterThan(500)
    for (const path of PATHS)
      for (const method of METHODS) {
        const [found] = own.match(method, path)
        const [wanted] = honos.match(method, path)
        const plain = wanted.map(([handler, params]) => [handler, { ...params }])
        expect(found, `${method} ${path}`).toEqual(plain)
        expect(own.match(method, path), 'remembered').toEqual([found])
      }
  })

  it('refuses a pattern that it would not search for as Hono does', () => {
    for (const path of ['/a/*', '/:id{[0-9]+}', '/a/:id?']) {
      expect(() => own.add('GET', path, 'x'), path).toThrow(path)
    }
  })
})
