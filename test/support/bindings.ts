/**
 * Puts plain objects before the bindings that tests spy on. The bindings are stubs of the runtime,
 * and once V8 has optimized the code that calls one it no longer sees a spy on it.
 */
import { env } from 'cloudflare:workers'

const METHODS = {
  EMAIL: ['send'],
  EVENTS_QUEUE: ['send', 'sendBatch'],
  OUTBOX_QUEUE: ['send', 'sendBatch'],
  WEBHOOKS_QUEUE: ['send', 'sendBatch'],
} as const satisfies Partial<Record<keyof Env, readonly string[]>>

/** For setup.ts. The plain objects pass every call on to the real bindings. */
export function makeBindingsSpyable(): void {
  for (const [name, methods] of Object.entries(METHODS)) {
    const binding = env[name as keyof typeof METHODS]
    if (!binding) throw new Error(`the tests need the binding ${name}`)
    if (passing.has(binding)) continue
    const plain = Object.fromEntries(
      methods.map((method) => [
        method,
        // A stub's methods have no `bind`, so they are looked up for each call.
        (...args: unknown[]) => Reflect.apply(Reflect.get(binding, method), binding, args),
      ]),
    )
    passing.add(plain)
    Object.assign(env, { [name]: plain })
  }
}

const passing = new WeakSet<object>()
