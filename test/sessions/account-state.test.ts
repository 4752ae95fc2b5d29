/** The one way to tell the object: late, twice, out of order, over a restore, after an erasure. */
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { eq, sql } from 'drizzle-orm'
import { afterEach, expect, test, vi } from 'vitest'
import { outboxHandlers } from '../../src/background/outbox-handlers'
import { sessionHash } from '../../src/crypto/session-hash'
import { sweepOutbox } from '../../src/outbox/sweep'
import { commitAndSync, syncAccountState } from '../../src/sessions/account-state'
import { UserSessions } from '../../src/sessions/object/user-sessions'
import type { AccountState } from '../../src/sessions/session-types'
import { subjectOf } from '../../src/sessions/session-types'
import { users } from '../../src/tables/users'
import { depsFor } from '../support/deps'
import { signedInUser } from '../support/users'
import { postSignIn, session } from '../support/users-by-api'
import { wrapEnv } from '../support/wrapped-env'

afterEach(() => {
  vi.useRealTimers()
})

const objectOf = (sid: string) => env.USER_SESSIONS.getByName(subjectOf(sid))
const accountStateIn = (sid: string) =>
  runInDurableObject(objectOf(sid), (_, state) => {
    const row = state.storage.sql.exec('SELECT account_state FROM state').one()
    return JSON.parse(String(row['account_state'])) as AccountState
  })

/** A change that revokes sessions, as a deactivation or a new password is. */
const block = (deps: ReturnType<typeof depsFor>, id: number, subject: string) =>
  commitAndSync(deps, subject, {
    change: [
      deps.db
        .update(users)
        .set({
          deactivatedAt: deps.now,
          authVersion: sql`auth_version + 1`,
          credentialVersion: sql`credential_version + 1`,
        })
        .where(eq(users.id, id)),
    ],
    audit: [],
  })

test('once a block has answered, no token of the user works and none is issued', async () => {
  const ada = await signedInUser({ remember_me: true })
  await block(depsFor(), ada.id, subjectOf(ada.sessionId))
  expect((await session(ada.token)).status).toBe(401)
  expect((await postSignIn(ada)).body.code).toBe('account_not_active')
})

test('an accountState that comes late, twice or out of order changes nothing', async () => {
  const ada = await signedInUser()
  const object = objectOf(ada.sessionId)
  const v2 = await accountStateIn(ada.sessionId)
  const v3 = { ...v2, authVersion: v2.authVersion + 1, roleIds: [1, 3] }
  const v4 = { ...v3, authVersion: v3.authVersion + 1, roleIds: [1] }
  expect(await object.syncAccountState(v4, null)).toEqual({ status: 'taken' })
  expect(await object.syncAccountState(v4, null)).toEqual({ status: 'taken' })
  const ahead = {
    status: 'ahead',
    authVersion: v4.authVersion,
    credentialVersion: v4.credentialVersion,
  }
  expect(await object.syncAccountState(v3, null)).toEqual(ahead)
  expect(await object.syncAccountState(v2, null)).toEqual(ahead)
  expect(await accountStateIn(ada.sessionId)).toEqual(v4)
  expect((await session(ada.token)).status).toBe(200)
})

test('a sync that was overtaken reads again and raises nothing', async () => {
  const ada = await signedInUser()
  const subject = subjectOf(ada.sessionId)
  const deps = depsFor()
  let overtakes = 1
  const slow = wrapEnv(env, async (call, go) => {
    if (call.name === 'USER_SESSIONS.syncAccountState' && overtakes-- > 0) {
      await deps.db
        .update(users)
        .set({ authVersion: sql`auth_version + 1` })
        .where(eq(users.id, ada.id))
      await syncAccountState(deps, subject)
    }
    return go()
  })
  const before = await accountStateIn(ada.sessionId)
  await syncAccountState(depsFor({ env: slow }), subject)
  const after = await accountStateIn(ada.sessionId)
  expect(after).toEqual({ ...before, authVersion: before.authVersion + 1 })
  expect((await session(ada.token)).status).toBe(200)
})

test('when D1 was set back behind the object, its versions are raised past it and its truth wins', async () => {
  const ada = await signedInUser()
  const subject = subjectOf(ada.sessionId)
  const known = await accountStateIn(ada.sessionId)
  await objectOf(ada.sessionId).syncAccountState(
    { ...known, authVersion: 9, credentialVersion: 7, isBlocked: true },
    null,
  )
  const accountState = await syncAccountState(depsFor(), subject)
  expect(accountState).toMatchObject({ authVersion: 10, credentialVersion: 8, isBlocked: false })
  expect(await accountStateIn(ada.sessionId)).toEqual(accountState)
  expect((await session(ada.token)).status).toBe(401)
  expect((await postSignIn(ada)).status).toBe(200)
})

test('another history under the same version is healed at the next sign-in', async () => {
  const ada = await signedInUser()
  const known = await accountStateIn(ada.sessionId)
  await objectOf(ada.sessionId).syncAccountState(
    { ...known, authVersion: known.authVersion + 1, roleIds: [2] },
    null,
  )
  const deps = depsFor()
  await deps.db
    .update(users)
    .set({ authVersion: sql`auth_version + 1` })
    .where(eq(users.id, ada.id))
  const reply = await postSignIn(ada)
  expect(reply.status).toBe(200)
  expect((await session(reply.body.access_token)).body.user.roles).toEqual(['user'])
})

test('a session that is named is kept, and only under exactly its own change', async () => {
  const ada = await signedInUser()
  const other = await postSignIn(ada)
  const object = objectOf(ada.sessionId)
  const known = await accountStateIn(ada.sessionId)
  const next = {
    ...known,
    authVersion: known.authVersion + 1,
    credentialVersion: known.credentialVersion + 1,
  }
  await object.syncAccountState(next, {
    session: sessionHash(ada.sessionId),
    credentialVersion: next.credentialVersion,
  })
  expect((await session(ada.token)).status).toBe(200)
  expect((await session(other.body.access_token)).status).toBe(401)

  const later = {
    ...next,
    authVersion: next.authVersion + 2,
    credentialVersion: next.credentialVersion + 2,
  }
  await object.syncAccountState(later, {
    session: sessionHash(ada.sessionId),
    credentialVersion: next.credentialVersion + 1,
  })
  expect((await session(ada.token)).status).toBe(401)
})

test('a session that one change has revoked is not kept by the next change', async () => {
  const ada = await signedInUser()
  const known = await accountStateIn(ada.sessionId)
  // The object has not heard of the change between.
  const credentialVersion = known.credentialVersion + 2
  await objectOf(ada.sessionId).syncAccountState(
    { ...known, authVersion: known.authVersion + 2, credentialVersion },
    { session: sessionHash(ada.sessionId), credentialVersion },
  )
  expect((await session(ada.token)).status).toBe(401)
})

test('an erased user’s object refuses everything for 31 days, then is empty', async () => {
  const ada = await signedInUser()
  const object = objectOf(ada.sessionId)
  const known = await accountStateIn(ada.sessionId)
  await object.syncAccountState(null, null)
  expect((await session(ada.token)).status).toBe(401)
  expect(await object.syncAccountState({ ...known, authVersion: 99 }, null)).toEqual({
    status: 'erased',
  })
  const device = { ip: null, country: null, userAgent: null }
  const request = {
    ttlSeconds: 60,
    isRemembered: false,
    method: 'password' as const,
    amr: [],
    device,
  }
  expect(await object.openSession({ ...known, authVersion: 99 }, request)).toEqual({
    status: 'refused',
  })
  const tables = () =>
    runInDurableObject(object, (_, state) =>
      state.storage.sql
        .exec("SELECT name FROM sqlite_master WHERE name IN ('state', 'sessions')")
        .toArray(),
    )
  vi.useFakeTimers({ toFake: ['Date'] })
  await runDurableObjectAlarm(object)
  expect(await tables()).toHaveLength(2)
  vi.setSystemTime(Date.now() + 31 * 86_400_000)
  await runDurableObjectAlarm(object)
  expect(await tables()).toHaveLength(0)
})

test('a change whose object is unreachable answers effect_pending, and the outbox completes it', async () => {
  const ada = await signedInUser()
  const subject = subjectOf(ada.sessionId)
  const unreachable = vi
    .spyOn(UserSessions.prototype, 'syncAccountState')
    .mockImplementation(async () => {
      throw new Error('Durable Object is overloaded')
    })
  await expect(block(depsFor(), ada.id, subject)).rejects.toMatchObject({
    code: 'effect_pending',
    retryAfter: 60,
  })
  unreachable.mockRestore()
  const deps = depsFor()
  const pending = await deps.db.all(
    sql`SELECT kind FROM outbox WHERE subject = ${subject} AND kind = 'sync-authority'`,
  )
  expect(pending).toEqual([{ kind: 'sync-authority' }])
  vi.useFakeTimers({ toFake: ['Date'] })
  vi.setSystemTime(Date.now() + 60_000)
  await sweepOutbox(depsFor(), outboxHandlers)
  vi.useRealTimers()
  expect((await session(ada.token)).status).toBe(401)
})

test('a repeated request does not answer over a pending effect', async () => {
  const ada = await signedInUser()
  const subject = subjectOf(ada.sessionId)
  const deps = depsFor()
  const spy = vi.spyOn(UserSessions.prototype, 'syncAccountState').mockImplementation(async () => {
    throw new Error('Durable Object is overloaded')
  })
  await expect(block(deps, ada.id, subject)).rejects.toMatchObject({ code: 'effect_pending' })
  const nothingLeft = {
    preconditions: [{ name: 'active', holds: sql`0`, otherwise: 'unchanged' as const }],
    change: [],
    audit: [],
  }
  await expect(commitAndSync(deps, subject, nothingLeft)).rejects.toMatchObject({
    code: 'effect_pending',
  })
  spy.mockRestore()
  expect(await commitAndSync(deps, subject, nothingLeft)).toBe(false)
  expect((await session(ada.token)).status).toBe(401)
})
