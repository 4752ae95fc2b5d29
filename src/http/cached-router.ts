/**
 * The router that Hono asks for the handlers of a request. The segments of a pattern are literal or a
 * `:name`; `*` alone is every path. Patterns may overlap, as `users/export` and `users/{id}` do, and
 * handlers run in the order in which they were added. A path without parameters is searched for once.
 *
 * Hono's own routers can do more and cost more: the one that allows overlaps builds a tree at every
 * start, which took 5 ms for our 300 handlers.
 */
import type { Result, Router } from 'hono/router'

interface Added<T> {
  readonly method: string
  readonly handler: T
  readonly order: number
}
interface Pattern<T> {
  readonly segments: readonly string[]
  readonly added: Added<T>[]
}

export class CachedRouter<T> implements Router<T> {
  readonly name = 'CachedRouter'
  readonly #patterns = new Map<string, Pattern<T>>()
  /** By method and path; only declared paths, so that nobody can fill the memory. */
  readonly #found = new Map<string, Result<T>>()
  #added = 0

  add(method: string, path: string, handler: T): void {
    const pattern = this.#patterns.get(path) ?? toPattern<T>(path)
    this.#patterns.set(path, pattern)
    pattern.added.push({ method, handler, order: this.#added++ })
    this.#found.clear()
  }

  match(method: string, path: string): Result<T> {
    const isFixed = this.#patterns.has(path) && !/[:*]/.test(path)
    if (!isFixed || !METHODS.has(method)) return this.#search(method, path)
    const key = `${method} ${path}`
    const known = this.#found.get(key)
    if (known) return known
    const found = this.#search(method, path)
    this.#found.set(key, found)
    return found
  }

  #search(method: string, path: string): Result<T> {
    const parts = segmentsOf(path)
    const found: (Added<T> & { params: Record<string, string> })[] = []
    for (const { segments, added } of this.#patterns.values()) {
      const params = paramsOf(segments, parts)
      if (!params) continue
      for (const each of added) {
        if (each.method === method || each.method === 'ALL') found.push({ ...each, params })
      }
    }
    found.sort((a, b) => a.order - b.order)
    return [found.map(({ handler, params }) => [handler, params])]
  }
}

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
const EVERY = '*'

const segmentsOf = (path: string): string[] => path.replace(/^\//, '').split('/')

function toPattern<T>(path: string): Pattern<T> {
  const segments = segmentsOf(path)
  const isTaken = path === '*' || path === '/*' || !/[*?{]/.test(path)
  if (!isTaken) throw new Error(`the router takes no pattern like ${path}`)
  return { segments, added: [] }
}

/** The parameters of a path that fits, or undefined. A parameter is never empty. */
function paramsOf(
  segments: readonly string[],
  parts: readonly string[],
): Record<string, string> | undefined {
  if (segments[0] === EVERY) return {}
  if (segments.length !== parts.length) return undefined
  const params: Record<string, string> = {}
  for (const [at, segment] of segments.entries()) {
    const part = parts[at]
    if (!segment.startsWith(':')) {
      if (segment !== part) return undefined
    } else if (part) params[segment.slice(1)] = part
    else return undefined
  }
  return params
}
