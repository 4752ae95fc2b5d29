/** What the service still owes, as those who run it see it: no address, no secret, at a flat price. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { queuedEvent } from '../audit/queued-events'
import { rowsOf } from '../db/rows'
import { clerk, DEAD, HOUR, list, NOW, park, PATH, retry, withClerk } from '../outbox/desk'
import { outboxRow } from '../outbox/rows'
import { meteredEnv } from '../support/metered'
import { named } from '../support/named'
import { makeUser, type SignedInUser, staff } from '../support/users'
import { fetchWith } from '../support/worker'

const ADDRESS = 'ada@example.com'

withClerk()
const others = new Map<string, SignedInUser>()
beforeAll(async () => {
  for (const role of ['user', 'moderator', 'staff-users', 'admin'])
    others.set(role, await staff(role))
})

describe('the list', () => {
  it('lists permanently failed rows by default, each with its kind and user', async () => {
    const { id: userId, subject } = await makeUser()
    const payload = JSON.stringify({ mail: 'reset-password', key_id: 'k1', to: ADDRESS })
    const dead = await outboxRow({ kind: 'mail', subject, payload, ...DEAD })
    const due = await outboxRow({ kind: 'sync-authority', next_attempt_at: NOW + HOUR })
    await park('parked-1', queuedEvent('user.active', subject, NOW - HOUR, {}))
    const iso = (ms: number) => new Date(ms).toISOString()
    const page = { total: 1, total_is_exact: true, page: 1, size: 50, pages: 1, next_cursor: null }

    const { body } = await list()
    expect(body).toEqual({
      ...page,
      items: [
        {
          id: dead,
          status: 'dead',
          kind: 'mail',
          name: 'reset-password',
          user_id: userId,
          attempts: 12,
          next_attempt_at: expect.any(String),
          last_error: 'smtp_550',
          dead_at: iso(NOW - HOUR),
          created_at: expect.any(String),
        },
      ],
    })
    expect((await list('?status=dead')).body).toEqual(body)
    expect((await list('?status=pending')).body.items).toMatchObject([
      {
        id: due,
        status: 'pending',
        kind: 'sync-authority',
        name: null,
        user_id: null,
        attempts: 0,
        next_attempt_at: iso(NOW + HOUR),
        dead_at: null,
      },
    ])
    expect((await list('?status=parked')).body).toEqual({
      ...page,
      items: [
        {
          id: 'parked-1',
          status: 'parked',
          kind: 'event',
          name: 'user.active',
          user_id: userId,
          attempts: null,
          next_attempt_at: null,
          last_error: null,
          dead_at: iso(NOW),
          created_at: iso(NOW - HOUR),
        },
      ],
    })
  })

  it('shows no payload, no subject and nothing of a dead-lettered message’s content', async () => {
    const { subject } = await makeUser()
    await outboxRow({ kind: 'mail', subject, payload: JSON.stringify({ to: ADDRESS }), ...DEAD })
    const poison = [null, 'text', ADDRESS, [ADDRESS], 7, { event: ADDRESS, at: 1e300, subject }]
    for (const [n, message] of poison.entries()) await park(`p${n}`, message)
    await park('p9', { event: { a: ADDRESS }, at: 'today', subject: [subject] })
    const told = JSON.stringify([(await list()).body, (await list('?status=parked')).body])
    expect((await list('?status=parked')).body.items).toHaveLength(7)
    expect(told).not.toContain(ADDRESS)
    expect(told).not.toContain(subject)
  })

  it.each(['pending', 'dead', 'parked'])(
    'of what is %s goes on by cursor, newest first',
    async (status) => {
      const wanted: string[] = []
      for (let n = 0; n < 120; n++) {
        // Three of each instant, so that the id decides among them.
        const at = NOW - HOUR * Math.floor(n / 3)
        const id = `row-${status}-${String(999 - n)}`.padEnd(22, 'x')
        wanted.push(id)
        if (status === 'parked') await park(id, {}, at)
        else
          await outboxRow({
            id,
            // Webhooks wait in a partition of their own, and are listed among the others.
            ...(n % 2 === 0 && { kind: 'webhook' }),
            ...(status === 'dead' ? { dead_at: at } : { next_attempt_at: at + 99 * HOUR }),
          })
      }
      const found: string[] = []
      let query = `?status=${status}`
      for (let page = 1; page <= 3; page++) {
        const { body } = await list(query)
        expect(body).toMatchObject({ page, total: 120, total_is_exact: true, pages: 3 })
        found.push(...body.items.map((item: { id: string }) => item.id))
        query = `?status=${status}&cursor=${body.next_cursor}`
        expect(body.next_cursor === null).toBe(page === 3)
      }
      expect(found).toEqual(wanted)
    },
  )

  it.each([
    ['?status=lost', ['status invalid_value']],
    ['?status=', ['status invalid_value']],
    ['?status=dead&status=dead', ['status invalid_value']],
    ['?cursor=x', ['cursor invalid_cursor']],
    [`?cursor=${btoa('[2,1,true,"today x"]').replaceAll('=', '')}`, ['cursor invalid_cursor']],
    ['?size=1', ['size unknown_field']],
  ])('refuses %s', async (query, issues) => {
    expect(named(await list(query))).toEqual(issues)
  })

  it.each([
    ['dead', 'value'],
    ['pending', 'NULL'],
  ])('of what is %s reads as many rows among 3,000 as among 300', async (status, failedAt) => {
    const { env: metered, meter } = meteredEnv(env)
    const fill = (from: number, to: number) =>
      rowsOf(
        `INSERT INTO outbox (id, kind, payload, next_attempt_at, dead_at, created_at)
         SELECT 'some-' || substr('0000' || value, -4) || '-xxxxxxxxxxxx', iif(value % 2, 'webhook', 'mail'), '{}', ?2 + value, ${failedAt}, 0
         FROM json_each(?1)`,
        JSON.stringify(Array.from({ length: to - from }, (_, n) => from + n)),
        NOW + HOUR,
      )
    const cost = async (query = '') => {
      const headers = { authorization: `Bearer ${clerk.token}` }
      meter.reset()
      const { body } = await fetchWith({ DB: metered.DB }, `${PATH}?status=${status}${query}`, {
        headers,
      })
      return { body, read: meter.rows.read }
    }
    await fill(0, 300)
    const { body } = await cost()
    const few = await cost(`&cursor=${body.next_cursor}`)
    await fill(300, 3000)
    const { body: more, read } = await cost()
    expect(more).toMatchObject({ total: 1000, total_is_exact: false })
    expect(read).toBeLessThan(1300)
    const many = await cost(`&cursor=${more.next_cursor}`)
    expect(many.read).toBeLessThanOrEqual(few.read)
    expect(many.read).toBeLessThanOrEqual(5 * 51)
  })
})

it('is for those who hold admin:system', async () => {
  const id = await outboxRow(DEAD)
  for (const [role, { token }] of others) {
    const wanted = role === 'admin' ? [200, 202] : [403, 403]
    const got = [(await list('', token)).status, (await retry(id, token)).status]
    expect([role, ...got]).toEqual([role, ...wanted])
  }
})
