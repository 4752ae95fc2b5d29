import { applyD1Migrations } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll } from 'vitest'
import worker from '../src/index'
import { documented } from './support/documented'

// Whichever way a test calls the Worker, it goes through this property.
worker.fetch = documented(worker.fetch)

beforeAll(async () => {
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS)
})
