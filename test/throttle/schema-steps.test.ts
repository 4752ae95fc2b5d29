/** A throttle object that an earlier release wrote: this one opens it, and what is locked stays locked. */
import { evictDurableObject, reset, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { loadConfig } from '../../src/config'
import { reserveSignIn } from '../../src/throttle/reserve'
import { networkKey, shardOf } from '../../src/throttle/shard'
import { THROTTLE_SCHEMA } from '../../src/throttle/throttle'
import { unlock } from '../../src/throttle/unlock'
import { DAY, from, HOUR, MINUTE, newEmail, objectFor, START, stranger } from './deps'

const IP = '203.0.113.7'

/** The table as step 1 left it. A copy, so that an edit of the step shows here. */
const STEP_1 = `
  CREATE TABLE attempts (
    owner TEXT NOT NULL,
    kind TEXT NOT NULL,
    detail TEXT NOT NULL,
    tries TEXT NOT NULL,
    right_at INTEGER NOT NULL,
    lockouts INTEGER NOT NULL,
    known_until INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (owner, kind, detail)
  ) STRICT, WITHOUT ROWID`

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
  vi.setSystemTime(START)
  return async () => {
    vi.useRealTimers()
    await reset()
  }
})

/** Ten wrong passwords of one network, as step 1 counted them. */
async function writeEarlier(emailKey: string, step?: number) {
  const config = loadConfig(env)
  const { owner } = await shardOf(config, { emailKey })
  const detail = await networkKey(config, emailKey, IP)
  const object = await objectFor({ emailKey })
  const tries = JSON.stringify(Array.from({ length: 10 }, () => START))
  await runInDurableObject(object, (_, { storage }) => {
    storage.sql.exec(STEP_1)
    for (const [kind, of] of [
      ['network', detail],
      ['address', ''],
    ] as const) {
      const values = [owner, kind, of, tries, 0, 0, 0, START + DAY]
      storage.sql.exec('INSERT INTO attempts VALUES (?, ?, ?, ?, ?, ?, ?, ?)', ...values)
    }
    if (step !== undefined) storage.kv.put('schema_step', step)
  })
  await evictDurableObject(object)
  return { object, owner }
}

const rowsIn = (object: Awaited<ReturnType<typeof objectFor>>) =>
  runInDurableObject(object, (_, { storage }) => ({
    step: storage.kv.get<number>('schema_step'),
    rows: storage.sql.exec('SELECT * FROM attempts').toArray(),
  }))

// A step that is added needs the table of the one before it here.
const EARLIER = [['before the steps', undefined]] as const

it('an object of each earlier step is opened here', () => {
  expect(EARLIER).toHaveLength(THROTTLE_SCHEMA.steps.length)
})

describe.each(EARLIER)('an object written %s', (_, step) => {
  it('keeps a network locked, and others free', async () => {
    const email = newEmail()
    const { object, owner } = await writeEarlier(email, step)
    expect(await object.lockedUntil(owner)).toBe(START + 15 * MINUTE)
    expect(await reserveSignIn(from(IP), email)).toEqual({ allowed: false, retryAfter: 15 * 60 })
    expect((await reserveSignIn(stranger(1), email)).allowed).toBe(true)
    const { step: reached, rows } = await rowsIn(object)
    expect(reached).toBe(THROTTLE_SCHEMA.steps.length)
    expect(rows).toHaveLength(3)
  })

  it('can be unlocked, and locks again', async () => {
    const email = newEmail()
    await writeEarlier(email, step)
    await unlock(from(null), { emailKey: email, subject: 'somebody' })
    for (let n = 0; n < 10; n++) expect((await reserveSignIn(from(IP), email)).allowed).toBe(true)
    expect((await reserveSignIn(from(IP), email)).allowed).toBe(false)
  })

  it('lets attempts through once the lock has ended', async () => {
    const email = newEmail()
    await writeEarlier(email, step)
    vi.setSystemTime(START + HOUR)
    expect((await reserveSignIn(from(IP), email)).allowed).toBe(true)
  })
})

it('an object that a newer release has written refuses to count, and keeps its rows', async () => {
  const email = newEmail()
  const { object, owner } = await writeEarlier(email, THROTTLE_SCHEMA.steps.length + 1)
  const before = await rowsIn(object)
  const refusal = 'deploy the newer release again'
  await expect(reserveSignIn(stranger(1), email)).rejects.toThrow(refusal)
  await expect(async () => object.lockedUntil(owner)).rejects.toThrow(refusal)
  await expect(async () => object.unlock(owner)).rejects.toThrow(refusal)
  expect(await rowsIn(object)).toEqual(before)
})
