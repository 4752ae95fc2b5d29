/** A chunk as a whole: what it may be, and what a thousand lines cost. */
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, test } from 'vitest'
import worker from '../../src/index'
import { freshIp, said } from '../support/api'
import { importChunk, lines } from '../support/chunk'
import { stopClock } from '../support/clock'
import { named } from '../support/named'
import { freshEmail, type SignedInUser, staff } from '../support/users'
import { wrapEnv } from '../support/wrapped-env'

// The role map must not age between two measurements.
stopClock()

let root: SignedInUser
beforeAll(async () => {
  root = await staff('admin')
})

const line = (i: number, more: object = {}) => ({
  email: `line${i}-${crypto.randomUUID()}@example.com`,
  full_name: `Line ${i}`,
  ...more,
})
const many = (count: number, more: object = {}) =>
  Array.from({ length: count }, (_, i) => line(i, more))
/** In pieces, so that its length is not known beforehand. */
const streamed = (bytes: Uint8Array) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      for (let at = 0; at < bytes.length; at += 65_536) {
        controller.enqueue(bytes.slice(at, at + 65_536))
      }
      controller.close()
    },
  })
const users = async () =>
  Number(await env.DB.prepare('SELECT count(*) AS n FROM users').first<number>('n'))

describe('a chunk', () => {
  test('of a thousand lines goes in; of one more is 422, and nothing goes in', async () => {
    const before = await users()
    expect(named(await importChunk(root, lines(...many(1001))))).toEqual([' too_many_lines'])
    expect(await users()).toBe(before)
    const full = await importChunk(root, lines(...many(1000)))
    expect(full.body).toEqual({ imported: 1000, skipped: 0, skipped_lines: [], errors: [] })
    expect(await users()).toBe(before + 1000)
  })

  test('of nearly a mebibyte goes in, whatever it is made of', async () => {
    const bios = [
      'ü'.repeat(1000),
      '\u{1d15e}'.repeat(400),
      '"\\\n'.repeat(300),
      '\uf900'.repeat(700),
    ]
    for (const bio of bios) {
      const one = JSON.stringify(line(1, { bio }))
      const bytes = new TextEncoder().encode(one).length + 40
      const count = Math.min(1000, Math.floor((1024 * 1024) / bytes))
      const { status, body } = await importChunk(root, lines(...many(count, { bio })))
      expect([status, body.imported, body.errors]).toEqual([200, count, []])
    }
  })

  test('of more than a mebibyte is 413, also without a length', async () => {
    const big = new Uint8Array(1024 * 1024 + 1).fill(0x20)
    expect(said(await importChunk(root, big))).toBe('413 payload_too_large')
    expect(said(await importChunk(root, streamed(big)))).toBe('413 payload_too_large')
    expect(said(await importChunk(root, streamed(big.slice(1))))).toBe('200')
  })

  test('of another type is 415, with what to send', async () => {
    for (const type of [
      'application/json',
      'text/plain',
      'application/x-www-form-urlencoded',
      '',
    ]) {
      const reply = await importChunk(root, lines(line(1)), type)
      expect([said(reply), reply.body.detail]).toEqual([
        '415 unsupported_media_type',
        'Send application/x-ndjson',
      ])
    }
    const charset = 'Application/X-NDJSON; charset=utf-8'
    expect((await importChunk(root, lines(line(1)), charset)).body.imported).toBe(1)
  })

  test('that is not UTF-8 is 400, and no line of it goes in', async () => {
    const bytes = new TextEncoder().encode(`${lines(line(1))}\n?`)
    bytes[bytes.length - 1] = 0xff
    const before = await users()
    expect(said(await importChunk(root, bytes))).toBe('400 malformed_body')
    expect(await users()).toBe(before)
  })

  test('may end its lines as Windows does, have empty ones and a byte order mark', async () => {
    const [one, two, three] = [line(1), line(2), line(3)].map((each) => JSON.stringify(each))
    const { body } = await importChunk(
      root,
      `\ufeff${one}\r\n\r\n \t\n${two}\n{oops\r\n${three}\r\n\n`,
    )
    expect(body).toMatchObject({ imported: 3, skipped: 0 })
    expect(body.errors.map((error: any) => [error.line, error.code])).toEqual([
      [5, 'malformed_line'],
    ])
  })

  test('with nothing in it imports nothing and leaves no event', async () => {
    const count = () =>
      env.DB.prepare(
        "SELECT count(*) AS n FROM audit_log WHERE event = 'admin.users_imported'",
      ).first()
    const before = await count()
    for (const nothing of ['', '\n\n', '{}', 'x']) {
      expect((await importChunk(root, nothing)).body).toMatchObject({ imported: 0, skipped: 0 })
    }
    expect(await count()).toEqual(before)
  })
})

describe('what it costs', () => {
  const calls: string[] = []
  let statements = 0
  // One environment for all, so that the isolate is warm.
  const counting = wrapEnv(
    {
      ...env,
      DB: new Proxy(env.DB, {
        get(target, key) {
          const value = Reflect.get(target, key)
          if (key !== 'batch') return typeof value === 'function' ? value.bind(target) : value
          return (batch: D1PreparedStatement[]) => {
            statements = batch.length
            return target.batch(batch)
          }
        },
      }),
    },
    (call, go) => {
      calls.push(call.name)
      return go()
    },
  )

  /** Every outside call of an import, and how many statements its batch had. */
  async function cost(count: number) {
    calls.length = 0
    const people = many(count, { roles: ['moderator'], email_verified: true })
    const request = new Request('http://localhost:8787/api/v1/admin/import', {
      method: 'POST',
      headers: {
        authorization: `Bearer ${root.token}`,
        'content-type': 'application/x-ndjson',
        'cf-connecting-ip': freshIp(),
      },
      body: lines(...people, '{'),
    })
    const ctx = createExecutionContext()
    const response = await worker.fetch(request as never, counting, ctx)
    const { imported } = (await response.json()) as { imported: number }
    await waitOnExecutionContext(ctx)
    return { imported, calls: [...calls], statements }
  }

  test('is the same for a thousand lines as for one: no object but the caller’s, no queue, no mail', async () => {
    await cost(1)
    const [one, thousand] = [await cost(1), await cost(999)]
    expect([one.imported, thousand.imported]).toEqual([1, 999])
    // The session, the names of the roles, the batch, and the count of what was made.
    expect(thousand.calls).toEqual(['USER_SESSIONS.check', 'DB.all', 'DB.batch', 'DB.all'])
    expect(one.calls).toEqual(thousand.calls)
    // Five of its own, and the look at whether webhooks are due.
    expect([one.statements, thousand.statements]).toEqual([6, 6])
  })

  test('and puts neither an address nor a hash into outbox or audit log', async () => {
    const email = freshEmail()
    const hash = '$2b$06$6WAFtwTDt2EbTiSdrTe0ae39JNJgbsBzRFaqqJcbko1BfLp6FB746'
    await importChunk(root, lines({ ...line(1), email, hashed_password: hash }))
    for (const table of ['outbox', 'audit_log']) {
      const { results } = await env.DB.prepare(`SELECT * FROM ${table}`).all()
      const text = JSON.stringify(results)
      expect(text).not.toContain(email)
      expect(text).not.toContain(hash.slice(10))
    }
  })
})
