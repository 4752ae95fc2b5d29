/**
 * Workers in one workerd, each behind a socket of its own, so that requests reach them without the
 * proxy that `wrangler dev` puts in front. The runtime is the one in the product's node_modules.
 */
import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import {
  convertV4MiniflareOptions,
  Log,
  LogLevel,
  Miniflare,
  Response,
  type V4WorkerOptions,
} from 'miniflare'
import type { Bundle, Module } from './bundle.ts'
import { ROOT } from './bundle.ts'

export interface Served {
  readonly miniflare: Miniflare
  /** The address of a Worker, without a trailing slash. */
  at(worker: string): string
  database(worker: string): Promise<Database>
  stop(): Promise<void>
}

/** What is needed of D1 here. */
export type Database = Awaited<ReturnType<Miniflare['getD1Database']>>

const COMPATIBILITY_DATE = '2026-10-23'

/** Starts Workers; `persistTo` is where their databases and objects are kept, if anywhere. */
export async function serve(workers: V4WorkerOptions[], persistTo?: string): Promise<Served> {
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      workers: workers.map((worker) => ({ ...worker, unsafeDirectSockets: [{ port: 0 }] })),
      cf: false,
      log: new Log(LogLevel.ERROR),
      handleStructuredLogs: ({ level, message }) => {
        if (level === 'error') console.error(message)
      },
      ...(persistTo && { resourcePersistencePath: persistTo }),
    } as Parameters<typeof convertV4MiniflareOptions>[0]),
  )
  await miniflare.ready
  const addresses = new Map<string, string>()
  for (const { name } of workers) {
    const url = await miniflare.unsafeGetDirectURL(String(name))
    addresses.set(String(name), url.origin)
  }
  return {
    miniflare,
    at: (worker) => addresses.get(worker) ?? '',
    database: (worker) => miniflare.getD1Database('DB', worker),
    stop: () => miniflare.dispose(),
  }
}

/** A Worker of bench/workers: one file without imports of its own, whose types Node strips. */
export const scriptOf = (file: string): Module => ({
  type: 'ESModule',
  path: file.replace(/\.ts$/, '.js'),
  contents: stripTypeScriptTypes(
    readFileSync(join(import.meta.dirname, '../workers', file), 'utf8'),
  ),
})

/** A yardstick: a Worker of one file. */
export const yardstick = (name: string, more: Partial<V4WorkerOptions> = {}): V4WorkerOptions =>
  ({
    name,
    modulesRoot: '/',
    modules: [scriptOf(`${name}.ts`)],
    compatibilityDate: COMPATIBILITY_DATE,
    ...more,
  }) as V4WorkerOptions

export const SETUP_TOKEN = 'bench-9f2c61d07be84a35'

const SETTINGS = {
  MAIL_FROM: 'Gatehouse <no-reply@gatehouse.example>',
  PUBLIC_URL: 'http://localhost:8787',
  TOKEN_KEYS: 'bench1:c0iNsZ6uHV9l9oW4hZrQ8C2mZ0Y3bqK7xT1vJm5PpQE',
  DATA_KEYS: 'bench1:m3hUfYy0o8b2J1kqzDqTn5ZsX7w4r6VtLcGgEeBhaOs',
  SETUP_TOKEN,
  LOG_REQUESTS: 'false',
}

export interface GatehouseOptions {
  readonly name: string
  readonly settings?: Record<string, string>
  /** A module put in front of the bundle. */
  readonly front?: Module
  readonly queueTimeout?: number
}

/** The OpenAPI document, which the build of the bundle has written. */
const document = () => readFileSync(join(ROOT, 'public/assets/docs/openapi.json'))

/** Gatehouse's production bundle with the bindings of its wrangler.toml. */
export async function gatehouse(bundle: Bundle, options: GatehouseOptions) {
  const { unstable_getMiniflareWorkerOptions } = await import('wrangler')
  const { workerOptions } = unstable_getMiniflareWorkerOptions(join(ROOT, 'wrangler.toml'))
  // Files are answered by the platform before the Worker is asked; crons are run by hand. The Worker itself asks
  // for one file only.
  const { assets: _, cronTriggers: __, modulesRules: ___, ...configured } = workerOptions
  const { name, front, queueTimeout } = options
  const own = (text: string) => text.replace('gatehouse', name)
  const consumers = Object.entries(configured.queueConsumers ?? {}).map(([queue, consumer]) => [
    own(queue),
    {
      ...consumer,
      ...(queueTimeout !== undefined && { maxBatchTimeout: queueTimeout }),
      ...(consumer.deadLetterQueue && { deadLetterQueue: own(consumer.deadLetterQueue) }),
    },
  ])
  return {
    ...configured,
    name,
    modulesRoot: '/',
    modules: front ? [front, ...bundle.modules] : bundle.modules,
    // Not what stands in .dev.vars: a run must not depend on it.
    bindings: { ...SETTINGS, ...options.settings },
    serviceBindings: { ASSETS: () => new Response(document()) },
    d1Databases: { DB: name },
    queueProducers: {
      OUTBOX_QUEUE: { queueName: own('gatehouse-outbox') },
      EVENTS_QUEUE: { queueName: own('gatehouse-events') },
      WEBHOOKS_QUEUE: { queueName: own('gatehouse-webhooks') },
    },
    queueConsumers: Object.fromEntries(consumers),
  } as unknown as V4WorkerOptions
}
