import {
  evictDurableObject,
  reset,
  runDurableObjectAlarm,
  runInDurableObject,
} from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { loadConfig } from '../../src/config'
import { parseKeyRing } from '../../src/crypto/key-ring'
import { reserveMail, reserveProof, reserveSignIn, settle } from '../../src/throttle/reserve'
import { objectOf, shardOf } from '../../src/throttle/shard'
import { forget, ownersOf } from '../../src/throttle/unlock'
import { DAY, from, HOUR, newEmail, objectFor, START, stranger, ticketFor } from './deps'

const IP = '203.0.113.7'
const SID = 'a-session'

type Object = Awaited<ReturnType<typeof objectFor>>

/** Everything in the object's SQLite: rows, and the tables' own text. */
async function dump(object: Object): Promise<string> {
  return runInDurableObject(object, (_, { storage }) => {
    const tables = storage.sql
      .exec<{ name: string }>(
        `SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'`,
      )
      .toArray()
    return JSON.stringify(
      tables.map(({ name }) => [name, storage.sql.exec(`SELECT * FROM ${name}`).toArray()]),
    )
  })
}

/** A secret of a key ring. */
const entry = (id: string) =>
  `${id}:${crypto.getRandomValues(new Uint8Array(32)).toBase64({ alphabet: 'base64url' })}`

const EMPTY = '[]'
const alarmOf = (object: Object) =>
  runInDurableObject(object, (_, { storage }) => storage.getAlarm())

// Each test with empty objects: two owners may share one.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
  vi.setSystemTime(START)
  return async () => {
    vi.useRealTimers()
    await reset()
  }
})

describe('the storage of attempts', () => {
  it('loses nothing when the object is evicted', async () => {
    const email = newEmail()
    const early = await ticketFor(IP, email)
    for (let count = 0; count < 9; count++) await ticketFor(IP, email)
    const object = await objectFor({ emailKey: email })
    await evictDurableObject(object)
    expect((await reserveSignIn(from(IP), email)).allowed).toBe(false)
    await evictDurableObject(object)
    await settle(from(IP), early, 'right')
    await evictDurableObject(object)
    expect((await reserveSignIn(from(IP), email)).allowed).toBe(true)
    expect((await reserveSignIn(from(IP), email)).allowed).toBe(false)
  })

  it('holds no address, no IP and no subject', async () => {
    const email = newEmail()
    const subject = crypto.randomUUID()
    await settle(from(IP), await ticketFor(IP, email), 'right')
    await reserveSignIn(from('2001:db8:77:88::9'), email)
    await reserveMail(from(IP), email, 'reset_password')
    await reserveProof(from(IP), { subject, sid: SID })
    const stored =
      (await dump(await objectFor({ emailKey: email }))) +
      (await dump(await objectFor({ subject })))
    const [localPart = ''] = email.split('@')
    for (const trace of [email, localPart, 'example.com', IP, '203.0', '2001:db8', subject, SID]) {
      expect(stored).not.toContain(trace)
    }
    const { owner } = await shardOf(loadConfig(env), { emailKey: email })
    // Two networks, a /56, the address and the mails.
    expect(stored.split(owner)).toHaveLength(6)
  })

  it('is two rows for a wrong password, and one for a right one', async () => {
    const email = newEmail()
    const ticket = await ticketFor(IP, email)
    const object = await objectFor({ emailKey: email })
    const kinds = async () =>
      [...(await dump(object)).matchAll(/"kind":"(\w+)"/g)].map(([, k]) => k)
    expect(await kinds()).toEqual(['address', 'network'])
    await settle(from(IP), ticket, 'right')
    expect(await kinds()).toEqual(['network'])
  })

  it('writes nothing for a refused attempt', async () => {
    const email = newEmail()
    for (let count = 0; count < 10; count++) await ticketFor(IP, email)
    const object = await objectFor({ emailKey: email })
    const before = await dump(object)
    await reserveSignIn(from(IP), email)
    expect(await dump(object)).toBe(before)
  })

  it('is emptied by the alarm when nothing matters any more, and works again', async () => {
    const email = newEmail()
    await reserveMail(from(IP), email, 'verify_email')
    const object = await objectFor({ emailKey: email })
    expect(await alarmOf(object)).toBe(START + HOUR)
    vi.setSystemTime(START + HOUR)
    expect(await runDurableObjectAlarm(object)).toBe(true)
    expect(await dump(object)).toBe(EMPTY)
    expect(await alarmOf(object)).toBeNull()
    for (let count = 0; count < 10; count++) await ticketFor(IP, email)
    expect((await reserveSignIn(from(IP), email)).allowed).toBe(false)
    expect(await alarmOf(object)).toBe(START + 2 * HOUR)
  })

  it('keeps what still matters past the alarm, which comes again for it', async () => {
    const email = newEmail()
    for (let count = 0; count < 10; count++) await ticketFor(IP, email)
    await reserveMail(from(IP), email, 'verify_email')
    const object = await objectFor({ emailKey: email })
    vi.setSystemTime(START + HOUR)
    await runDurableObjectAlarm(object)
    const kept = await dump(object)
    expect(kept).toContain('"network"')
    expect(kept).toContain('"address"')
    expect(kept).not.toContain('"mail"')
    // The lock-out of 15 minutes is remembered for a day, the failures in a row for 30.
    expect(await alarmOf(object)).toBe(START + DAY + HOUR / 4)
    vi.setSystemTime(START + DAY + HOUR / 4)
    await runDurableObjectAlarm(object)
    expect(await dump(object)).not.toContain('"network"')
    expect(await alarmOf(object)).toBe(START + 30 * DAY)
    vi.setSystemTime(START + 30 * DAY)
    await runDurableObjectAlarm(object)
    expect(await dump(object)).toBe(EMPTY)
  })

  it('counts what the alarm has not yet fetched as gone', async () => {
    const email = newEmail()
    for (let count = 0; count < 40; count++) {
      await reserveSignIn(stranger(count), email)
    }
    vi.setSystemTime(START + 30 * DAY)
    let allowed = 0
    for (let count = 0; count < 60; count++) {
      if ((await reserveSignIn(stranger(count), email)).allowed) allowed++
    }
    expect(allowed).toBe(50)
  })
})

describe('erasing a person', () => {
  it('removes every row of address and subject, and a late answer makes none', async () => {
    const who = { emailKey: newEmail(), subject: crypto.randomUUID() }
    const ticket = await ticketFor(IP, who.emailKey)
    await reserveMail(from(IP), who.emailKey, 'reset_password')
    await reserveProof(from(IP), { subject: who.subject, sid: SID })
    await forget(from(null), ownersOf(who))
    await settle(from(IP), ticket, 'right')
    await forget(from(null), ownersOf(who))
    for (const owner of [{ emailKey: who.emailKey }, { subject: who.subject }]) {
      const object = await objectFor(owner)
      expect(await dump(object)).toBe(EMPTY)
      expect(await alarmOf(object)).toBeNull()
    }
  })

  it('leaves others in the same object alone', async () => {
    const object = env.THROTTLE.getByName('shared')
    for (const owner of ['one', 'two']) await object.reserve(owner, [{ kind: 'proof', detail: '' }])
    await object.forget('one')
    const kept = await dump(object)
    expect(kept).toContain('"two"')
    expect(kept).not.toContain('"one"')
    expect(await alarmOf(object)).not.toBeNull()
  })

  it('reaches the rows under an older key too', async () => {
    const before = entry('one')
    const [old, rotated] = [before, `${entry('two')},${before}`].map((text) => {
      const deps = from(IP)
      return { ...deps, config: { ...deps.config, DATA_KEYS: parseKeyRing(text) } }
    })
    if (!old || !rotated) throw new Error('two configurations')
    const who = { emailKey: newEmail(), subject: crypto.randomUUID() }
    await reserveSignIn(old, who.emailKey)
    await reserveSignIn(rotated, who.emailKey)
    const shards = await Promise.all(
      [old, rotated].map(({ config }) => shardOf(config, { emailKey: who.emailKey })),
    )
    const stored = async () =>
      Promise.all(shards.map(async ({ name }) => dump(objectOf({ env }, name))))
    const texts = await stored()
    for (const [index, { owner }] of shards.entries()) expect(texts[index]).toContain(owner)
    await forget(rotated, ownersOf(who))
    expect(await stored()).toEqual([EMPTY, EMPTY])
  })
})

describe('the shards', () => {
  it('are at most 4,096, and evenly filled', async () => {
    const config = loadConfig(env)
    const names = await Promise.all(
      Array.from({ length: 20_000 }, async (_, index) => {
        const { name } = await shardOf(config, { emailKey: `${index}@example.com` })
        return Number(name)
      }),
    )
    expect(Math.min(...names)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...names)).toBeLessThan(4096)
    expect(new Set(names).size).toBeGreaterThan(4000)
  })

  it('tell an address and a subject of the same text apart', async () => {
    const config = loadConfig(env)
    const address = await shardOf(config, { emailKey: 'same' })
    expect(address).not.toEqual(await shardOf(config, { subject: 'same' }))
  })
})
