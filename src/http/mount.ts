import type { Hono } from 'hono/tiny'
import { DomainError } from '../errors'
import { type AppEnv, type Guard, patternOf, type Route } from './route'

/** Mounts routes; OPTIONS lists the methods of their paths, every other one is 405, both with Allow. */
export function mount(app: Hono<AppEnv>, routes: readonly Route[], guard: Guard): void {
  const byPath = Map.groupBy(routes, (each) => each.path)
  for (const [path, group] of byPath) {
    for (const each of group) each.mount(app, guard)
    const allow = allowed(group)
    app.all(patternOf({ path }), (c) => {
      c.header('allow', allow)
      if (c.req.method === 'OPTIONS') return c.body(null, 204)
      throw new DomainError('method_not_allowed')
    })
  }
}

function allowed(group: readonly Route[]): string {
  const methods = group.map((each) => each.method.toUpperCase())
  return [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ')
}
