/** After a leak: signing keys are retired and every session is revoked, in steps that may be stopped anywhere. */
import { env } from 'cloudflare:workers'
import type { JWK } from 'jose'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { runCron } from '../../src/background/cron'
import { outboxHandlers } from '../../src/background/outbox-handlers'
import { runBatch } from '../../src/db/batch'
import { sweepOutbox } from '../../src/outbox/sweep'
import { signAccessToken, verifyAccessToken } from '../../src/sessions/tokens/access-token'
import { beginRevokingSessions, revokeAllSessions } from '../../src/user-admin/revoke-all-sessions'
import { rowsOf } from '../db/rows'
import { get, said } from '../support/api'
import { makeKey } from '../support/api-keys'
import { HOUR, MINUTE, pass, stopClock } from '../support/clock'
import { cronOf } from '../support/crons'
import { depsFor } from '../support/deps'
import { makeUser, type SignedInUser, staff } from '../support/users'
import { postSignIn, session } from '../support/users-by-api'
import { consoleLines } from '../support/worker'
import { wrapEnv } from '../support/wrapped-env'

stopClock()

const PATH = '/admin/signing-keys/retire'
const BODY = { confirm: 'end_every_session' }
const CRON = cronOf('end_sessions')

let root: SignedInUser
beforeEach(async () => {
  consoleLines()
  root = await known('admin')
  await rowsOf("DELETE FROM job_runs WHERE job = 'end_sessions'")
})

const listed = async (subject: string) =>
  (
    await rowsOf(
      'SELECT 1 FROM user_sessions JOIN users ON users.id = user_id WHERE subject = ?',
      subject,
    )
  ).length
/** Somebody signed in whose sign-in has reached D1. */
async function known(...roles: string[]): Promise<SignedInUser> {
  const who = await staff(...roles)
  await vi.waitUntil(async () => (await listed(who.subject)) > 0, { timeout: 8000 })
  return who
}
/** By algorithm. */
const publishedKids = async () => {
  const { keys } = (await get('/.well-known/jwks.json')).body
  return new Map<string, string>(keys.map((each: JWK) => [each.alg, each.kid]))
}
const status = async ({ token }: { token: string }) => (await session(token)).status
const progress = async () => {
  const [row] = await rowsOf<{ counts: string; position: string | null }>(
    "SELECT counts, position FROM job_runs WHERE job = 'end_sessions'",
  )
  return { counts: JSON.parse(row?.counts ?? '{}'), position: row?.position ?? null }
}
/** What is pending in the outbox, whether or not its notifications arrived. */
async function settle(): Promise<void> {
  pass(MINUTE)
  await sweepOutbox(depsFor(), outboxHandlers)
}

describe('retiring the signing keys', () => {
  test('revokes every session, the caller’s too, and a new key signs what comes after', async () => {
    const people = [await known(), await known()]
    const before = await publishedKids()
    expect(said(await root.asks('POST', PATH, BODY))).toBe('202')
    await settle()
    for (const who of [root, ...people]) expect(await status(who)).toBe(401)
    const after = await publishedKids()
    expect([before.size, after.size]).toEqual([2, 2])
    for (const kid of before.values()) expect([...after.values()]).not.toContain(kid)
    const again = await postSignIn(people[0] ?? root)
    expect(await status({ token: again.body.access_token })).toBe(200)
    const audit = await rowsOf(
      "SELECT actor_id, data FROM audit_log WHERE event = 'admin.signing_keys_retired' ORDER BY id DESC LIMIT 1",
    )
    expect(audit).toEqual([
      { actor_id: root.id, data: JSON.stringify({ signing_key: after.get('ES256') }) },
    ])
  })

  test('a token of a retired key is refused by isolates that read the keys again', async () => {
    const warm = { ...env }
    const claims = {
      userId: root.id,
      sid: root.sessionId,
      sessionExpiresAt: Date.now() + HOUR,
      isRestricted: false,
      roles: [],
    }
    const { token } = await signAccessToken(depsFor({ env: warm }), claims)
    expect(await verifyAccessToken(depsFor({ env: warm }), token)).toBeDefined()
    await root.asks('POST', PATH, BODY)
    expect(await verifyAccessToken(depsFor({ env: { ...env } }), token)).toBeUndefined()
    // One that remembers them takes it for five minutes; its session has ended.
    pass(5 * MINUTE)
    expect(await verifyAccessToken(depsFor({ env: warm }), token)).toBeUndefined()
    expect((await rowsOf('SELECT kid FROM signing_keys')).length).toBe(2)
  })

  test('asks for admin:system and for the word that everybody is signed out', async () => {
    const [moderator, key] = [await staff('moderator'), await makeKey(root, ['admin:system'])]
    expect(said(await moderator.asks('POST', PATH, BODY))).toBe('403 forbidden')
    for (const body of [undefined, {}, { confirm: true }, { ...BODY, more: 1 }]) {
      expect((await root.asks('POST', PATH, body)).status).toBeGreaterThanOrEqual(400)
    }
    expect(await status(root)).toBe(200)
    expect(await rowsOf("SELECT 1 FROM job_runs WHERE job = 'end_sessions'")).toEqual([])
    expect(said(await key.asks('POST', PATH, BODY))).toBe('202')
  })
})

describe('revoking every session', () => {
  const begin = () => runBatch(depsFor(), [beginRevokingSessions(depsFor())])
  const step = () => revokeAllSessions(depsFor(), { size: 2, most: 1 })
  const pending = async () =>
    (await rowsOf("SELECT subject FROM outbox WHERE kind = 'end-sessions'")).length

  test('goes on where it was stopped, and says how far it is', async () => {
    await rowsOf('DELETE FROM user_sessions')
    const people = [await known(), await known(), await known(), await known(), await known()]
    await begin()
    pass(1000)
    expect(await step()).toEqual({ users: 2, left: 1 })
    const failing = wrapEnv(env, ({ name }, go) =>
      name === 'DB.batch' ? Promise.reject(new Error('lost')) : go(),
    )
    await expect(
      revokeAllSessions(depsFor({ env: failing }), { size: 2, most: 1 }),
    ).rejects.toThrow('lost')
    expect(await step()).toEqual({ users: 4, left: 1 })
    expect(await step()).toEqual({ users: 5, left: 1 })
    await settle()
    for (const who of people) expect(await status(who)).toBe(401)
  })

  test('walks once more an hour later, for sign-ins that were still under way', async () => {
    await rowsOf('DELETE FROM user_sessions')
    const late = await known()
    const [row] = await rowsOf('SELECT * FROM user_sessions')
    await rowsOf('DELETE FROM user_sessions')
    await begin()
    pass(1000)
    await runCron(depsFor(), CRON)
    await settle()
    expect(await status(late)).toBe(200)
    // Now its event arrives.
    await rowsOf(
      'INSERT INTO user_sessions VALUES (?, ?, ?, ?)',
      ...['id', 'user_id', 'created_at', 'expires_at'].map((name) => row?.[name]),
    )
    await runCron(depsFor(), CRON)
    expect((await progress()).counts).toEqual({ users: 0, left: 1 })
    pass(HOUR)
    await runCron(depsFor(), CRON)
    await settle()
    expect(await status(late)).toBe(401)
    expect(await progress()).toEqual({ counts: { users: 1, left: 0 }, position: null })
    // From then on there is nothing to do, and the figures stay.
    await runCron(depsFor(), CRON)
    expect(await progress()).toEqual({ counts: { users: 1, left: 0 }, position: null })
  })

  test('leaves what was opened after it began', async () => {
    await rowsOf('DELETE FROM user_sessions')
    const before = await known()
    await begin()
    pass(1000)
    const after = await known()
    await runCron(depsFor(), CRON)
    await settle()
    expect([await status(before), await status(after)]).toEqual([401, 200])
  })

  test('running twice at once queues each user once', async () => {
    await rowsOf("DELETE FROM outbox WHERE kind = 'end-sessions'")
    await rowsOf('DELETE FROM user_sessions')
    for (let n = 0; n < 4; n++) {
      const { id } = await makeUser()
      await rowsOf('INSERT INTO user_sessions VALUES (?, ?, ?, ?)', `${n}`.repeat(44), id, 1, 9e15)
    }
    const sleeping = wrapEnv(env, ({ name }, go) =>
      name.startsWith('OUTBOX_QUEUE') ? Promise.resolve(undefined as never) : go(),
    )
    await begin()
    const runs = Array.from({ length: 3 }, () => revokeAllSessions(depsFor({ env: sleeping })))
    await Promise.all(runs)
    expect(await pending()).toBe(4)
  })
})
