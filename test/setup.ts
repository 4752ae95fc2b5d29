import { applyD1Migrations } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, vi } from 'vitest'
import worker from '../src/index'
import { documented } from './support/documented'
import { watchHashes } from './support/hashes'

// Every way in which a test can call the Worker goes through this property.
worker.fetch = documented(worker.fetch)

watchHashes()
// Tests deliver webhooks when they mean to: one that goes out by itself would outlive its file.
vi.spyOn(env.WEBHOOKS_QUEUE, 'send').mockImplementation(async () => undefined as never)

beforeAll(async () => {
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS)
})
