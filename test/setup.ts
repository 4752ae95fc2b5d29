/**
 * Runs before every test file. Files of the project `workerd` follow each other in one runtime, so what the
 * file before left behind goes first: stored data, the clock, what this isolate has in memory.
 */
import { applyD1Migrations, reset } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, vi } from 'vitest'
import { forgetAppMap } from '../src/apps/app-map'
import { forgetRoleMap } from '../src/rbac/role-map'
import { forgetKeys } from '../src/sessions/tokens/signing-keys'
import { makeBindingsSpyable } from './support/bindings'
import { depsFor } from './support/deps'
import { documentAnswers } from './support/documented'
import { watchHashes } from './support/hashes'
import { watchMailbox } from './support/mailbox'
import { allConsumed, leaveOldMessages } from './support/old-messages'
import { restoreConsole } from './support/worker'

// First of all: a file reads the clock as soon as it is loaded.
vi.useRealTimers()
vi.restoreAllMocks()
makeBindingsSpyable()
documentAnswers()
leaveOldMessages()
watchHashes()
watchMailbox()
// Tests deliver webhooks when they mean to: one that goes out by itself would outlive its file.
vi.spyOn(env.WEBHOOKS_QUEUE, 'send').mockImplementation(async () => undefined as never)

/** A reset sometimes leaves the database as it was, so it is repeated until there is no table. */
async function resetAll() {
  for (let tries = 0; tries < 20; tries++) {
    await reset()
    const { results } = await env.DB.prepare(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'",
    ).all()
    if (results.length === 0) return
  }
  throw new Error('the database was not reset')
}

beforeAll(async () => {
  await allConsumed()
  await resetAll()
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS)
  forgetRoleMap(depsFor())
  forgetAppMap(depsFor())
  forgetKeys(depsFor())
})

afterEach(restoreConsole)
