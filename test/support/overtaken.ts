import { env } from 'cloudflare:workers'
import { under } from './under'
import { wrapEnv } from './wrapped-env'

/** The API, with something happening once, just before a request's call of that name. */
export function overtaken(call: string, before: () => Promise<unknown>, settings = {}) {
  let isDone = false
  return under({
    ...wrapEnv(env, async ({ name }, go) => {
      if (name === call && !isDone) {
        isDone = true
        await before()
      }
      return go()
    }),
    ...settings,
  })
}
