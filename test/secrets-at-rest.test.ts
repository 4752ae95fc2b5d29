/**
 * No secret is at rest in clear: a journey makes one of every sort, then D1, the Durable Objects, the
 * queues and the logs are searched for each of them, as it is, encoded, and as a plain digest.
 */
import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sessionHash } from '../src/crypto/session-hash'
import { ENCRYPTED_COLUMNS } from '../src/tables/encrypted-columns'
import { tableNames } from './db/rows'
import { everythingAtRest } from './support/at-rest'
import { stopClock } from './support/clock'
import { allHashes } from './support/hashes'
import { sentMessages, watchQueues } from './support/queues'
import { ok } from './support/second-factor'
import {
  addresses,
  codes,
  faultsOfSecrets,
  journeyOfSecrets,
  lastingSession,
  secrets,
  sessionIds,
} from './support/secret-journey'
import { under } from './support/under'
import { freshEmail, PASSWORD } from './support/users'
import { consoleLines } from './support/worker'

stopClock()
watchQueues()

let lines: string[]
let atRest: Map<string, string>

beforeAll(async () => {
  lines = consoleLines()
  await journeyOfSecrets()
  await faultsOfSecrets()
  await lastingSession()
  atRest = await everythingAtRest()
}, 90_000)

const queued = () =>
  sentMessages()
    .map((message) => JSON.stringify(message))
    .join('\n')
const stores = () => new Map([...atRest, ['queues', queued()], ['logs', lines.join('\n')]])

/** `<table>.<column>` of every value in D1 that has the form of crypto/encrypt.ts. */
async function encryptedInD1(): Promise<Set<string>> {
  const found = new Set<string>()
  for (const table of await tableNames()) {
    const { results } = await env.DB.prepare(`SELECT * FROM "${table}"`).all()
    for (const [column, value] of results.flatMap((row) => Object.entries(row))) {
      if (/\btest1\.[\w-]{16}\.[\w-]{22,}/.test(String(value))) found.add(`${table}.${column}`)
    }
  }
  return found
}

it('re-encryption and the census of keys know every encrypted column', async () => {
  const declared = new Set(ENCRYPTED_COLUMNS.map(({ table, column }) => `${table}.${column}`))
  expect([...(await encryptedInD1())].filter((name) => !declared.has(name))).toEqual([])
})

/** A secret in every dress it might be found in. */
async function formsOf(secret: string): Promise<string[]> {
  const bytes = new TextEncoder().encode(secret)
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    bytes.toHex(),
    ...[bytes, digest].flatMap((each) => [
      each.toBase64({ omitPadding: true }),
      each.toBase64({ alphabet: 'base64url', omitPadding: true }),
    ]),
    digest.toHex(),
  ]
}

/** Where a secret was found: `what in which store`, once each. The digests of mailed tokens, of keys and of apps' secrets may be in D1. */
async function findings(what: string, secret: string, within = stores()): Promise<string[]> {
  const forms = await formsOf(secret)
  const searched = /^(mailed token|API key\u2019s secret|app secret)/.test(what)
    ? forms.slice(0, 4)
    : forms
  return [...within].flatMap(([store, text]) =>
    searched.some((form) => text.includes(form)) ? [`${what} in ${store}`] : [],
  )
}

describe('after a journey that makes every sort of secret', () => {
  it('there is something in every store to be searched', async () => {
    const tables = [...atRest.keys()].filter((name) => name.startsWith('D1 '))
    expect(tables).toEqual(expect.arrayContaining((await tableNames()).map((name) => `D1 ${name}`)))
    for (const table of [
      'users',
      'recovery_codes',
      'one_time_tokens',
      'audit_log',
      'outbox',
      'webhooks',
      'apps',
      'resources',
      'sectors',
    ]) {
      expect(atRest.has(`D1 ${table}`), table).toBe(true)
    }
    const objects = (kind: string) => [...atRest].filter(([name]) => name.startsWith(kind))
    expect(
      objects('UserSessions ')
        .map(([, text]) => text)
        .join(),
    ).toContain('"credentialVersion"')
    expect(
      objects('Throttle ')
        .map(([, text]) => text)
        .join(),
    ).toContain('kind=network')
    expect(queued()).toContain('auth.signed_in')
    for (const event of ['request', 'request_failed', 'outbox_attempt_failed']) {
      expect(lines.join(), event).toContain(`"event":"${event}"`)
    }
    expect(secrets.size).toBeGreaterThan(50)
    expect([...secrets.values()].every((secret) => secret.length >= 12)).toBe(true)
  })

  it('none of them is in D1, an object, a queue or a log', async () => {
    const found = []
    for (const [what, secret] of secrets) found.push(...(await findings(what, secret)))
    expect(found).toEqual([])
  })

  it('and no id of a session is outside the object of its user', async () => {
    expect(sessionIds.length).toBeGreaterThan(7)
    const outside = [...stores()].filter(([name]) => !name.startsWith('UserSessions '))
    const found: string[] = []
    for (const sid of sessionIds) {
      // The half that is the user's subject is no secret.
      for (const form of [...(await formsOf(sid)).slice(0, 4), sid.slice(22)]) {
        for (const [store, text] of outside) if (text.includes(form)) found.push(store)
      }
    }
    expect(found).toEqual([])
    const hashes = sessionIds.map(sessionHash)
    const standsIn = (store: string) =>
      hashes.filter((hash) => stores().get(store)?.includes(hash)).length
    expect(standsIn('D1 outbox')).toBe(2)
    for (const store of ['D1 user_sessions', 'D1 audit_log', 'queues']) {
      expect(standsIn(store), store).toBeGreaterThan(0)
    }
    for (const sid of sessionIds) {
      const text = [...atRest].filter(([name]) => name.startsWith('UserSessions '))
      expect(text.some(([, held]) => held.includes(sid.slice(0, 22)))).toBe(true)
    }
  })

  it('nor is a code of six digits', () => {
    expect(new Set(codes).size).toBeGreaterThan(4)
    for (const [store, text] of stores()) {
      for (const code of codes) {
        expect(RegExp(`(?<![\\w.-])${code}(?![\\w.-])`).test(text), `${code} in ${store}`).toBe(
          false,
        )
      }
    }
  })

  it('and no address is in an object, a queue, a log, the audit trail or the outbox', () => {
    const open = new Set(['D1 users', 'D1 one_time_tokens', 'D1 role_members'])
    for (const [store, text] of stores()) {
      if (open.has(store)) continue
      for (const address of addresses)
        expect(text.includes(address), `${address} in ${store}`).toBe(false)
    }
  })
})

describe('the search itself', () => {
  const planted = 'Planted-Secret-0123456789'

  it('finds a secret planted in each store, in clear, encoded, digested or as bytes', async () => {
    const [clear = '', , , hex = '', , url = '', , digest = ''] = await formsOf(planted)
    const bytes = new TextEncoder().encode(planted)
    const insert = env.DB.prepare('INSERT INTO parked_events VALUES (?, ?, 0)')
    await insert.bind('planted', JSON.stringify({ in: { it: clear } })).run()
    await env.DB.exec('CREATE TABLE planted (bytes BLOB)')
    await env.DB.prepare('INSERT INTO planted VALUES (?)').bind(bytes.buffer).run()
    const anObject = (kind: string) => {
      const [, id = ''] = [...atRest.keys()].find((name) => name.startsWith(kind))?.split(' ') ?? []
      return id
    }
    const users = env.USER_SESSIONS.get(env.USER_SESSIONS.idFromString(anObject('UserSessions ')))
    const throttle = env.THROTTLE.get(env.THROTTLE.idFromString(anObject('Throttle ')))
    await runInDurableObject(users, (_, { storage }) => {
      storage.sql.exec('CREATE TABLE planted (text TEXT)')
      storage.sql.exec('INSERT INTO planted VALUES (?)', hex)
    })
    await runInDurableObject(throttle, (_, { storage }) => storage.put('planted', { url }))
    const within = await everythingAtRest()
    within.set('queues', JSON.stringify({ body: digest }))
    within.set('logs', `a line with ${encodeURIComponent(planted)} in it`)
    expect((await findings('it', planted, within)).sort()).toEqual(
      [
        'D1 parked_events',
        'D1 planted',
        `Throttle ${anObject('Throttle ')}`,
        `UserSessions ${anObject('UserSessions ')}`,
        'logs',
        'queues',
      ].map((store) => `it in ${store}`),
    )
  })

  it('sees what is said on the console and sent to a queue', async () => {
    const heard = consoleLines()
    console.warn(planted)
    await env.OUTBOX_QUEUE.send({ id: planted })
    expect(heard).toEqual([planted])
    expect(queued()).toContain(planted)
  })
})

describe('password hashes of the whole journey', () => {
  it('never ask the platform for more than 100,000 iterations a call, six calls for one in production', async () => {
    const before = allHashes().length
    expect(before).toBeGreaterThan(15)
    const api = under({ PASSWORD_HASH_ROUNDS: '6' })
    const account = { email: freshEmail(), password: PASSWORD, full_name: 'Ada Lovelace' }
    ok(await api.post('/api/v1/auth/register', account))
    await api.post('/api/v1/auth/login', { username: account.email, password: PASSWORD })
    expect(allHashes()).toHaveLength(before + 12)
  })

  afterAll(() => {
    for (const iterations of allHashes()) expect(iterations).toBe(100_000)
  })
})
