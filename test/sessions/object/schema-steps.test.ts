/** A user's object that an earlier release wrote: this one opens it, and what it held still holds. */
import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { randomId } from '../../../src/crypto/encoding'
import { USER_SESSIONS_SCHEMA } from '../../../src/sessions/object/schema-steps'
import { UserSessions } from '../../../src/sessions/object/user-sessions'
import { accountByEmail } from '../../../src/users/account'
import { get, post, said } from '../../support/api'
import { DAY, HOUR, MINUTE, stopClock } from '../../support/clock'
import { depsFor } from '../../support/deps'
import { sentMessages, watchQueues } from '../../support/queues'
import { objectTables, type Stored } from '../../support/stores'
import { makeUser, type SignedInUser, signedInUser } from '../../support/users'
import { session } from '../../support/users-by-api'

stopClock()
watchQueues()

/** The tables as step 1 left them. A copy, so that an edit of the step shows here. */
const STEP_1 = `
  CREATE TABLE state (
    one INTEGER PRIMARY KEY CHECK (one = 1), authority TEXT, erased_at INTEGER, active_day INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE TABLE sessions (
    sid TEXT PRIMARY KEY, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL, remembered INTEGER NOT NULL, n INTEGER NOT NULL,
    rotated_at INTEGER NOT NULL, credential_version INTEGER NOT NULL,
    ip TEXT, country TEXT, user_agent TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE devices (
    device TEXT PRIMARY KEY, last_seen_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE factor_attempts (
    kind TEXT NOT NULL, detail TEXT NOT NULL, tries TEXT NOT NULL, right_at INTEGER NOT NULL,
    lockouts INTEGER NOT NULL, known_until INTEGER NOT NULL, expires_at INTEGER NOT NULL,
    PRIMARY KEY (kind, detail)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE factor_state (
    one INTEGER PRIMARY KEY CHECK (one = 1), since INTEGER NOT NULL, blocked INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE challenges (
    cid TEXT PRIMARY KEY, expires_at INTEGER NOT NULL, credential_version INTEGER NOT NULL,
    remembered INTEGER NOT NULL, tries INTEGER NOT NULL DEFAULT 0,
    wrong INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE totp (one INTEGER PRIMARY KEY CHECK (one = 1), last_step INTEGER NOT NULL) STRICT;
  CREATE TABLE events (seq INTEGER PRIMARY KEY AUTOINCREMENT, message TEXT NOT NULL) STRICT;
  CREATE TABLE notices (
    notice TEXT PRIMARY KEY, tries TEXT NOT NULL, expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE writes (
    kind TEXT NOT NULL, detail TEXT NOT NULL, tries TEXT NOT NULL, expires_at INTEGER NOT NULL,
    PRIMARY KEY (kind, detail)
  ) STRICT, WITHOUT ROWID;`

/** What step 2 made of them. A copy too. */
const STEP_2 = `${STEP_1}
  ALTER TABLE state RENAME COLUMN authority TO account_state;
  ALTER TABLE sessions RENAME COLUMN n TO generation;
  ALTER TABLE sessions RENAME COLUMN remembered TO is_remembered;
  ALTER TABLE challenges RENAME COLUMN remembered TO is_remembered;
  ALTER TABLE challenges RENAME COLUMN wrong TO wrong_answers;
  ALTER TABLE factor_state RENAME COLUMN since TO counted_since;
  ALTER TABLE factor_state RENAME COLUMN blocked TO is_blocked;`

/** What step 3 made of those. A copy too. */
const STEP_3 = `${STEP_2}
  ALTER TABLE sessions ADD COLUMN amr TEXT NOT NULL DEFAULT 'pwd';
  ALTER TABLE sessions ADD COLUMN auth_time INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE sessions ADD COLUMN proved_at INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE sessions ADD COLUMN passkey_id TEXT;
  ALTER TABLE sessions ADD COLUMN proved_by TEXT;
  ALTER TABLE sessions ADD COLUMN sign_in_amr TEXT NOT NULL DEFAULT 'pwd';
  ALTER TABLE challenges ADD COLUMN amr TEXT NOT NULL DEFAULT 'pwd';
  CREATE TABLE passkeys (
    id TEXT PRIMARY KEY, counter INTEGER NOT NULL, last_used_at INTEGER,
    is_backed_up INTEGER NOT NULL, removed_at INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE spent_challenges (
    challenge TEXT PRIMARY KEY, expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE trusted_devices (
    id TEXT PRIMARY KEY, name TEXT, created_at INTEGER NOT NULL, last_used_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL, generation INTEGER NOT NULL, rotated_at INTEGER NOT NULL,
    credential_version INTEGER NOT NULL, ip TEXT, country TEXT, user_agent TEXT, passkey_id TEXT
  ) STRICT, WITHOUT ROWID;`

/** Columns of step 1 by what step 2 calls them. */
const RENAMED: Record<string, Record<string, string>> = {
  state: { authority: 'account_state' },
  sessions: { n: 'generation', remembered: 'is_remembered' },
  challenges: { remembered: 'is_remembered', wrong: 'wrong_answers' },
  factor_state: { since: 'counted_since', blocked: 'is_blocked' },
}

const HOME = 'a-known-network'
const CHALLENGE = randomId()
const LAST_STEP = 1234
const ACTIVE = { id: crypto.randomUUID(), event: 'user.active' }
const DEVICE = { ip: '203.0.113.7', country: 'NL', userAgent: 'earlier' }

/** The account state as step 1 stored it, and as step 2 did. */
const asBefore = (json: string) =>
  json.replace('isSecondFactorEnabled', 'isTwoFactorEnabled').replace(',"passkeys":[]', '')
const asInStep2 = (value: Stored[string]) =>
  typeof value === 'string' ? value.replace('isTwoFactorEnabled', 'isSecondFactorEnabled') : value

/** Rows of somebody with one session, a block of strangers and something of everything else. */
async function rowsOfStep1({ email, sessionId, subject }: SignedInUser) {
  const now = Date.now()
  const account = await accountByEmail(depsFor(), email)
  const tries = Array.from({ length: 10 }, () => now)
  const message = { ...ACTIVE, at: now, subject, ip: null, country: null, user_agent: null }
  return {
    state: [
      {
        one: 1,
        authority: asBefore(JSON.stringify(account?.accountState)),
        erased_at: null,
        active_day: Math.floor(now / DAY),
      },
    ],
    sessions: [
      {
        sid: sessionId,
        created_at: now - HOUR,
        expires_at: now + DAY,
        last_used_at: now - MINUTE,
        remembered: 1,
        n: 0,
        rotated_at: now - HOUR,
        credential_version: account?.accountState.credentialVersion ?? 0,
        ip: DEVICE.ip,
        country: DEVICE.country,
        user_agent: DEVICE.userAgent,
      },
    ],
    devices: [{ device: 'earlier | NL', last_seen_at: now - HOUR }],
    factor_attempts: [
      attempts('factor', '', tries, 0),
      attempts('factor_network', HOME, [], now + DAY),
    ],
    factor_state: [{ one: 1, since: now - HOUR, blocked: 1 }],
    challenges: [
      {
        cid: CHALLENGE,
        expires_at: now + MINUTE,
        credential_version: account?.accountState.credentialVersion ?? 0,
        remembered: 1,
        tries: 1,
        wrong: 1,
      },
    ],
    totp: [{ one: 1, last_step: LAST_STEP }],
    events: [{ seq: 7, message: JSON.stringify({ ...message, data: {} }) }],
    notices: [{ notice: 'new-device', tries: JSON.stringify([now]), expires_at: now + HOUR }],
    writes: [
      { kind: 'user_writes', detail: '', tries: JSON.stringify([now]), expires_at: now + MINUTE },
    ],
  }
}
const attempts = (kind: string, detail: string, tries: number[], known_until: number) => ({
  kind,
  detail,
  tries: JSON.stringify(tries),
  right_at: 0,
  lockouts: 0,
  known_until,
  expires_at: Date.now() + DAY,
})
type Rows = Awaited<ReturnType<typeof rowsOfStep1>>

const objectOf = ({ subject }: { subject: string }) => env.USER_SESSIONS.getByName(subject)

/** Puts an earlier release's storage in place of the object's, and lets the object wake with it. */
async function writeEarlier(
  who: { subject: string },
  {
    schema = STEP_1,
    rows = {},
    step,
  }: { schema?: string; rows?: Partial<Record<keyof Rows, Stored[]>>; step?: number },
) {
  const object = objectOf(who)
  await runInDurableObject(object, async (_, { storage }) => {
    await storage.deleteAll()
    storage.sql.exec(schema)
    for (const [table, all] of Object.entries(rows)) {
      for (const row of all) {
        const columns = Object.keys(row)
        storage.sql.exec(
          `INSERT INTO ${table} (${columns.join()}) VALUES (${columns.map(() => '?').join()})`,
          ...Object.values(row),
        )
      }
    }
    if (step !== undefined) storage.kv.put('schema_step', step)
  })
  await evictDurableObject(object)
  return object
}

/** Rows of step 1 as step 2 named and stored them. */
const renamed = (rows: Record<string, Stored[]>): Record<string, Stored[]> =>
  Object.fromEntries(
    Object.entries(rows).map(([table, all]) => [
      table,
      all.map((row) =>
        Object.fromEntries(
          Object.entries(row).map(([name, value]) => [
            RENAMED[table]?.[name] ?? name,
            asInStep2(value),
          ]),
        ),
      ),
    ]),
  )

/** Rows of step 1 as step 3 stored them. */
const inStep3 = (rows: Partial<Record<keyof Rows, Stored[]>>): Record<string, Stored[]> => {
  const { state = [], sessions = [], challenges = [], ...rest } = renamed(rows)
  return {
    ...rest,
    state: state.map((row) => ({
      ...row,
      account_state:
        row['account_state'] &&
        JSON.stringify({ ...JSON.parse(String(row['account_state'])), passkeys: [] }),
    })),
    sessions: sessions.map((row) => ({
      ...row,
      amr: 'pwd',
      auth_time: row['created_at'] ?? null,
      proved_at: row['created_at'] ?? null,
      passkey_id: null,
      proved_by: null,
      sign_in_amr: 'pwd',
    })),
    challenges: challenges.map((row) => ({ ...row, amr: 'pwd' })),
  }
}

/** Rows of step 1 as the newest step keeps them. */
const asNow = (rows: Rows): Record<string, Stored[]> => ({
  ...inStep3(rows),
  passkeys: [],
  spent_challenges: [],
  trusted_devices: [],
  codes: [],
  app_sessions: [],
  consents: [],
})

/** Every table as its statement, without the quotes and spaces in which a renamed one differs. */
const schemaOf = (who: { subject: string }) =>
  runInDurableObject(objectOf(who), (_, { storage }) =>
    storage.sql
      .exec<{ sql: string }>(
        "SELECT sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\' ORDER BY name",
      )
      .toArray()
      .map(({ sql }) => sql.replaceAll(/["\s]/g, '')),
  )

const remembered = () => signedInUser({ remember_me: true })
const refresh = (refresh_token: unknown) => post('/api/v1/auth/refresh', { refresh_token })

// A step that is added needs the storage of the one before it here.
const EARLIER = [
  ['before the steps', undefined],
  ['by step 1', 1],
  ['by step 2', 2],
  ['by step 3', 3],
] as const

it('an object of each earlier step is opened here', () => {
  expect(EARLIER.filter(([, step]) => step !== undefined)).toHaveLength(
    USER_SESSIONS_SCHEMA.steps.length - 1,
  )
})

/** The storage of a step: its tables, its rows and its number. */
function storageOf(rows: Partial<Record<keyof Rows, Stored[]>>, step: number | undefined) {
  if (step === 3) return { schema: STEP_3, rows: inStep3(rows), step }
  if (step === 2) return { schema: STEP_2, rows: renamed(rows), step }
  return { schema: STEP_1, rows, ...(step && { step }) }
}

describe.each(EARLIER)('an object written %s', (_, step) => {
  const open = async () => {
    const ada = await remembered()
    const rows = await rowsOfStep1(ada)
    const object = await writeEarlier(ada, storageOf(rows, step))
    return { ada, rows, object }
  }

  it('keeps every row, in the tables of a new object', async () => {
    const { ada, rows, object } = await open()
    expect(await objectTables(object as never)).toEqual(asNow(rows))
    const fresh = await remembered()
    expect(await schemaOf(ada)).toEqual(await schemaOf(fresh))
    // The steps would fail if they ran again.
    await evictDurableObject(object)
    expect(await objectTables(object as never)).toEqual(asNow(rows))
  })

  it('has a session that works, is listed, refreshes and can be revoked', async () => {
    const { ada } = await open()
    expect(said(await session(ada.token))).toBe('200')
    const refreshed = await refresh(ada.refreshToken)
    expect(said(refreshed)).toBe('200')
    const { access_token: token, refresh_token } = refreshed.body
    const { items } = (await get('/api/v1/users/sessions', { token })).body
    expect(items).toMatchObject([
      { id: ada.sessionId, current: true, remember_me: true, ip: DEVICE.ip, country: 'NL' },
    ])
    expect(said(await ada.asks('DELETE', `/users/sessions/${ada.sessionId}`))).toBe('204')
    expect(said(await session(token))).toBe('401 invalid_access_token')
    expect(said(await refresh(refresh_token))).toBe('401 invalid_refresh_token')
  })

  it('revokes its session when a refresh token is reused', async () => {
    const { ada } = await open()
    const { refresh_token } = (await refresh(ada.refreshToken)).body
    expect(said(await refresh(refresh_token))).toBe('200')
    expect(said(await refresh(ada.refreshToken))).toBe('401 invalid_refresh_token')
    expect(said(await session(ada.token))).toBe('401 invalid_access_token')
  })

  it('still refuses second factors of strangers, and no step of TOTP works twice', async () => {
    const { object } = await open()
    expect(await object.secondFactorLock()).toEqual({
      until: Date.now() + 15 * MINUTE,
      isBlocked: true,
    })
    expect(await object.tryChallenge(CHALLENGE)).toEqual({ status: 'refused' })
    expect(await object.tryChallenge(CHALLENGE, HOME)).toEqual({
      status: 'go',
      isRemembered: true,
      amr: ['pwd'],
    })
    expect(await object.acceptFactor(LAST_STEP)).toBe(false)
    expect(await object.acceptFactor(LAST_STEP + 1)).toBe(true)
  })

  it('sends the events that it had not sent', async () => {
    const { object } = await open()
    await object.tryChallenge(CHALLENGE)
    await expect.poll(() => sentMessages()).toContainEqual(expect.objectContaining(ACTIVE))
  })

  it('stays erased', async () => {
    const { subject } = await makeUser()
    const state = [{ one: 1, authority: '', erased_at: Date.now(), active_day: 0 }]
    const object = await writeEarlier({ subject }, storageOf({ state }, step))
    expect(await object.syncAccountState(null, null)).toEqual({ status: 'erased' })
    expect((await object.check(subject + randomId(), DEVICE)).isLive).toBe(false)
  })
})

it('a session of a user with a second factor counts as opened by two factors', async () => {
  const ada = await remembered()
  const rows = await rowsOfStep1(ada)
  const state = rows.state.map((row) => ({
    ...row,
    authority: row.authority.replace('"isTwoFactorEnabled":false', '"isTwoFactorEnabled":true'),
  }))
  const object = await writeEarlier(ada, { rows: { ...rows, state }, step: 1 })
  expect(await object.check(ada.sessionId, DEVICE)).toMatchObject({
    isLive: true,
    accountState: { isSecondFactorEnabled: true, passkeys: [] },
    session: { amr: ['pwd', 'otp', 'mfa'], provedAt: Date.now() - HOUR },
  })
})

it('an object from before some tables gets them, and loses the flat budget of factors', async () => {
  const ada = await remembered()
  const schema = `${STEP_1}
    DROP TABLE factor_attempts; DROP TABLE factor_state; DROP TABLE notices; DROP TABLE writes;
    CREATE TABLE factor_tries (seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL) STRICT;
    INSERT INTO factor_tries (at) VALUES (1), (2), (3), (4), (5), (6), (7), (8), (9), (10);`
  const { state, sessions } = await rowsOfStep1(ada)
  await writeEarlier(ada, { schema, rows: { state, sessions } })
  expect(said(await session(ada.token))).toBe('200')
  // Without a network, as a Worker of an earlier release calls.
  expect(await objectOf(ada).tryFactor()).toBe(0)
  expect(await schemaOf(ada)).toEqual(await schemaOf(await remembered()))
})

describe('an object that cannot be opened is left as it is', () => {
  /** What waking it throws, and its tables before and after. */
  const wake = ({ subject }: SignedInUser, harm: (storage: DurableObjectStorage) => void) =>
    runInDurableObject(objectOf({ subject }), (_, state) => {
      harm(state.storage)
      const dump = () => [
        state.storage.kv.get('schema_step'),
        ...state.storage.sql.exec('SELECT name, sql FROM sqlite_master').toArray(),
        ...state.storage.sql.exec('SELECT * FROM sessions').toArray(),
      ]
      const before = dump()
      let error = ''
      try {
        void new UserSessions(state, env)
      } catch (cause) {
        error = String(cause)
      }
      return { error, before, after: dump() }
    })

  it('because a step fails', async () => {
    const ada = await remembered()
    const rows = await rowsOfStep1(ada)
    const { error, before, after } = await wake(ada, ({ sql, kv }) => {
      for (const table of Object.keys(rows)) sql.exec(`DROP TABLE ${table}`)
      kv.delete('schema_step')
      // Step 2 renames four columns before it misses this one.
      sql.exec(`${STEP_1}; ALTER TABLE challenges DROP COLUMN wrong;`)
    })
    expect(error).toContain('no such column: "wrong"')
    expect(after).toEqual(before)
    await evictDurableObject(objectOf(ada))
    await expect(async () => objectOf(ada).ping()).rejects.toThrow('no such column: "wrong"')
  })

  it('because a newer release has written it', async () => {
    const ada = await remembered()
    const newer = USER_SESSIONS_SCHEMA.steps.length + 1
    const { error, before, after } = await wake(ada, ({ kv }) => kv.put('schema_step', newer))
    expect(error).toContain(`schema is at step ${newer}`)
    expect(after).toEqual(before)
    await evictDurableObject(objectOf(ada))
    await expect(async () => objectOf(ada).ping()).rejects.toThrow('deploy the newer release again')
    expect(said(await session(ada.token))).toBe('503 unavailable')
  })
})
