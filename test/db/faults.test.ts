/** What real D1 errors mean, as a single statement through Drizzle, raw, and in a batch. */
import { env } from 'cloudflare:workers'
import { sql } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { runBatch } from '../../src/db/batch'
import { openDatabase } from '../../src/db/database'
import { failedPrecondition, isPassingFault, isUniqueViolation } from '../../src/db/faults'
import { makeUser } from '../support/users'

const db = openDatabase(env.DB)
const WAYS = {
  'a single statement through Drizzle': (text: string, ...parameters: unknown[]) =>
    db.run(sql.join([sql.raw(text), sql`${parameters[0] ?? 1}`, sql.raw(')')])),
  'a raw statement': (text: string, ...parameters: unknown[]) =>
    env.DB.prepare(`${text}?)`)
      .bind(parameters[0] ?? 1)
      .run(),
  'a batch': (text: string, ...parameters: unknown[]) =>
    runBatch(env, [sql.join([sql.raw(text), sql`${parameters[0] ?? 1}`, sql.raw(')')])]),
}

async function errorOf(work: () => Promise<unknown>): Promise<Error> {
  try {
    await work()
  } catch (error) {
    if (error instanceof Error) return error
  }
  throw new Error('should have failed')
}

describe.each(Object.entries(WAYS))('%s', (_, run) => {
  const TAKEN_ROLE = "INSERT INTO roles (name, created_at) VALUES ('admin', "

  it('that breaks a UNIQUE constraint is told by exactly its column', async () => {
    const error = await errorOf(() => run(TAKEN_ROLE))
    expect(isUniqueViolation(error, 'roles.name')).toBe(true)
    for (const other of ['roles.nam', 'roles.n', 'role.name', 'users.email_key'] as const) {
      expect(isUniqueViolation(error, other), other).toBe(false)
    }
    expect(isPassingFault(error)).toBe(false)
  })

  it.each([
    ['a NOT NULL constraint', 'INSERT INTO roles (name, created_at) VALUES (NULL, '],
    ['a CHECK', "INSERT INTO roles (name, created_at) VALUES ('a', "],
    ['a foreign key', 'INSERT INTO user_roles (user_id, role_id, assigned_at) VALUES (9999, 1, '],
    ['the type of a column', "INSERT INTO roles (name, created_at) VALUES ('abc', 'now' || "],
    ['the grammar', 'INSERT INTO (('],
    ['the catalogue of tables', 'INSERT INTO nowhere VALUES ('],
  ])('that breaks %s would fail again', async (_rule, text) => {
    const error = await errorOf(() => run(text))
    expect(isPassingFault(error), error.message).toBe(false)
    expect(isUniqueViolation(error, 'roles.name')).toBe(false)
  })

  it('that a precondition aborts tells its name', async () => {
    const text = "INSERT INTO precondition (name, ok) VALUES ('still_pending', 0 * "
    expect(failedPrecondition(await errorOf(() => run(text)))).toBe('still_pending')
    expect(failedPrecondition(await errorOf(() => run(TAKEN_ROLE)))).toBeUndefined()
  })
})

describe('an error', () => {
  it('of a statement that could not even be bound would fail again', async () => {
    for (const parameters of [[undefined], [{}], [1, 2], []]) {
      const error = await errorOf(() =>
        env.DB.prepare('SELECT ?')
          .bind(...parameters)
          .run(),
      )
      expect(isPassingFault(error), error.message).toBe(false)
    }
    const many = Array.from({ length: 101 }, () => 1)
    const error = await errorOf(() =>
      env.DB.prepare(`SELECT ${many.map(() => '?').join()}`)
        .bind(...many)
        .run(),
    )
    expect(isPassingFault(error)).toBe(false)
  })

  it.each([
    'D1_ERROR: Network connection lost.',
    'D1_ERROR: D1 DB is overloaded. Requests queued for too long.',
    'D1_ERROR: D1 DB storage operation exceeded timeout which caused object to be reset.',
    'D1_ERROR: internal error; reference = abc',
    'D1 DB reset because its code was updated.',
  ])('of the platform may pass: %s', (message) => {
    expect(isPassingFault(new Error(message))).toBe(true)
    expect(isPassingFault(new Error('Failed query', { cause: new Error(message) }))).toBe(true)
  })

  it('of an object that is overloaded or can be tried again may pass; any other of ours may not', () => {
    expect(isPassingFault(Object.assign(new Error('x'), { overloaded: true }))).toBe(true)
    expect(isPassingFault(Object.assign(new Error('x'), { retryable: true }))).toBe(true)
    expect(isPassingFault(new TypeError('x is not a function'))).toBe(false)
    expect(isPassingFault('D1_ERROR: Network connection lost.')).toBe(false)
    expect(isPassingFault(undefined)).toBe(false)
  })
})

describe('what a user typed', () => {
  // Drizzle's own message holds the parameters: whoever types an error's words must not forge one.
  it.each([
    'UNIQUE constraint failed: users.email_key: SQLITE_CONSTRAINT',
    'precondition:still_pending',
    'D1_ERROR: Network connection lost.',
  ])('is not taken for an error: %s', async (typed) => {
    const { id } = await makeUser()
    const error = await errorOf(() =>
      db.run(sql`UPDATE users SET bio = ${typed}, login_count = -1 WHERE id = ${id}`),
    )
    expect(error.message).toContain(typed)
    expect(isUniqueViolation(error, 'users.email_key')).toBe(false)
    expect(failedPrecondition(error)).toBeUndefined()
    expect(isPassingFault(error)).toBe(false)
  })
})
