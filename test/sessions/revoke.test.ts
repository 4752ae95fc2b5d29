/** Revocations and unlocks by an admin or an application take effect once logged, even if late or repeated. */
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { outboxHandlers } from '../../src/background/outbox-handlers'
import type { Actor, Deps } from '../../src/context'
import { sessionHash } from '../../src/crypto/session-hash'
import { sweepOutbox } from '../../src/outbox/sweep'
import { revokeForApp } from '../../src/user-admin/revoke-for-app'
import { revokeSessions, unlockUser } from '../../src/user-admin/user-actions'
import { pass, stopClock } from '../support/clock'
import { depsFor } from '../support/deps'
import { type SignedInUser, staff } from '../support/users'
import { postSignIn, session } from '../support/users-by-api'
import { wrapEnv } from '../support/wrapped-env'

stopClock()

let root: SignedInUser
let ada: SignedInUser
beforeEach(async () => {
  root = await staff('admin')
  ada = await staff()
})

const actor = (): Actor => ({
  userId: root.id,
  subject: root.subject,
  sid: root.sessionId,
  apiKeyId: null,
})
const VERBS = {
  'all sessions': (deps: Deps) => revokeSessions(deps, actor(), ada.id, null),
  'one session': (deps: Deps) => revokeSessions(deps, actor(), ada.id, ada.sessionId),
  'all sessions for an application': (deps: Deps) => revokeForApp(deps, 'notes', ada.id),
} as const

/** A world without the user's object; where `lost`, it does what it is told and only its answer is missing. */
const unreachable = (lost = false): Deps => {
  const broken = wrapEnv(env, async ({ name }, go) => {
    const isAway = /^USER_SESSIONS\.(revoke|unlock)/.test(name)
    if (!isAway) return go()
    if (lost) await go()
    throw new Error('Network connection lost.')
  })
  return depsFor({ env: broken })
}

const expectPending = (work: Promise<unknown>) =>
  expect(work).rejects.toMatchObject({ code: 'effect_pending', retryAfter: 60 })

const pending = async () => {
  const { results } = await env.DB.prepare('SELECT kind FROM outbox WHERE subject = ?')
    .bind(ada.subject)
    .all<{ kind: string }>()
  return results.map(({ kind }) => kind)
}

async function sweep(deps: () => Deps = depsFor): Promise<void> {
  pass(60_000)
  await sweepOutbox(deps(), outboxHandlers)
}

const revocations = async () => {
  const { results } = await env.DB.prepare(
    "SELECT data FROM audit_log WHERE event = 'auth.sessions_ended' AND target_id = ?",
  )
    .bind(ada.id)
    .all<{ data: string }>()
  return results.map(({ data }) => (JSON.parse(data) as { session_ids: string[] }).session_ids)
}

describe.each(Object.entries(VERBS))('%s', (_, verb) => {
  test('that are logged as revoked but could not be are revoked by the outbox', async () => {
    await expectPending(verb(unreachable()))
    expect((await session(ada.token)).status).toBe(200)
    expect(await pending()).toEqual(['end-sessions'])
    await sweep()
    expect((await session(ada.token)).status).toBe(401)
    expect(await pending()).toEqual([])
  })

  test('late or repeated, keeps sessions opened since, and is logged once', async () => {
    await expectPending(verb(unreachable(true)))
    expect((await session(ada.token)).status).toBe(401)
    pass(1)
    const { body } = await postSignIn(ada)
    await sweep()
    expect((await session(body.access_token)).status).toBe(200)
    await vi.waitUntil(async () => (await revocations()).length > 0, { timeout: 8000 })
    expect(await revocations()).toEqual([[sessionHash(ada.sessionId)]])
  })

  test('of somebody who was erased meanwhile are no failure', async () => {
    await expectPending(verb(unreachable()))
    const { results } = await env.DB.prepare('SELECT * FROM outbox WHERE subject = ?')
      .bind(ada.subject)
      .all()
    expect((await root.asks('DELETE', `/admin/users/${ada.id}`)).status).toBe(202)
    expect(await pending()).toEqual([])
    // As of one who had claimed it already.
    for (const row of results)
      await expect(
        outboxHandlers['end-sessions']?.perform(depsFor(), row as never),
      ).resolves.toBeUndefined()
  })
})

test('an unlock that could not reach the object is completed by the outbox', async () => {
  const object = env.USER_SESSIONS.getByName(ada.subject)
  while ((await object.tryFactor()) === 0);
  await expectPending(unlockUser(unreachable(), actor(), ada.id))
  expect(await object.tryFactor()).toBeGreaterThan(0)
  await sweep()
  expect(await object.tryFactor()).toBe(0)
  expect(await pending()).toEqual([])
})

test('an unlock that keeps failing is given up within the hour, as each attempt also clears new failures', async () => {
  await expectPending(unlockUser(unreachable(), actor(), ada.id))
  for (let minute = 0; minute < 60; minute++) await sweep(unreachable)
  const row = await env.DB.prepare('SELECT attempts, dead_at FROM outbox WHERE subject = ?')
    .bind(ada.subject)
    .first<{ attempts: number; dead_at: number }>()
  expect([row?.attempts, typeof row?.dead_at]).toEqual([8, 'number'])
})

test('an unlock of somebody erased meanwhile is no failure', async () => {
  const row = { subject: 'x'.repeat(22) } as never
  await expect(outboxHandlers['unlock']?.perform(depsFor(), row)).resolves.toBeUndefined()
})
