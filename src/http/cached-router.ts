/**
 * Hono's router, which searches for a path without parameters once. Its quickest one refuses paths
 * that overlap, as `users/export` and `users/{id}` do, and the one that takes them walks a tree at
 * every request, for as long as it takes to check a signature.
 */
import type { Result, Router } from 'hono/router'
import { TrieRouter } from 'hono/router/trie-router'

export class RememberingRouter<T> implements Router<T> {
  readonly name = 'RememberingRouter'
  readonly #inner = new TrieRouter<T>()
  /** By method and path; only declared paths, so that nobody can fill the memory. */
  readonly #found = new Map<string, Result<T>>()
  readonly #fixed = new Set<string>()

  add(method: string, path: string, handler: T): void {
    this.#inner.add(method, path, handler)
    this.#found.clear()
    if (!/[:*]/.test(path)) this.#fixed.add(path)
  }

  match(method: string, path: string): Result<T> {
    if (!this.#fixed.has(path) || !METHODS.has(method)) return this.#inner.match(method, path)
    const key = `${method} ${path}`
    const known = this.#found.get(key)
    if (known) return known
    const found = this.#inner.match(method, path)
    this.#found.set(key, found)
    return found
  }
}

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
