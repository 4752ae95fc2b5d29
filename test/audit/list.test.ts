/** The audit log over the API for those who run the system; and who looks leaves a trace. */
import { beforeAll, describe, expect, it } from 'vitest'
import { rowsOf } from '../db/rows'
import { get } from '../support/api'
import { named } from '../support/named'
import { staff } from '../support/users'
import { emptyLog, loggedMany } from './log'
import {
  ADA,
  BOB,
  CAROL,
  clerk,
  find,
  iso,
  itemsOf,
  MINUTE,
  mixed,
  ndjson,
  pagesOf,
  PATH,
  START,
  withClerk,
} from './search'

withClerk()

describe('the API', () => {
  beforeAll(async () => {
    await emptyLog()
    await loggedMany(mixed(120))
  })
  const range = { from: iso(START), to: iso(START + 120 * MINUTE) }

  it('answers pages whose cursor leads through everything once, newest first', async () => {
    const pages = await pagesOf(range)
    const counts = { total: 120, total_is_exact: true, size: 50, pages: 3 }
    expect(pages).toMatchObject([1, 2, 3].map((page) => ({ ...counts, page })))
    const items = pages.flatMap((page) => page.items)
    expect(items.map((item) => Date.parse(item.at))).toEqual(
      mixed(120)
        .map((each) => each.at)
        .toReversed(),
    )
  })

  it('shows the whole of an event', async () => {
    const [item] = await itemsOf({ ...range, action: 'rbac.role_created' })
    expect(item).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      at: iso(START + 119 * MINUTE),
      action: 'rbac.role_created',
      actor_id: BOB,
      target_id: null,
      api_key_id: null,
      forwarded_by: null,
      ip: null,
      country: null,
      user_agent: null,
      data: {},
    })
  })

  it('takes every filter, alone and together', async () => {
    const query = { actor_id: BOB, target_id: ADA, action: 'admin.user_edited' }
    for (const [name, value] of Object.entries({ ...query, ...range })) {
      const found = await itemsOf({ ...range, [name]: value })
      expect(found.length, name).toBeGreaterThan(0)
    }
    const found = await itemsOf({ ...query, ...range })
    expect(found).toHaveLength(12)
    for (const item of found) expect(item).toMatchObject({ actor_id: BOB, target_id: ADA })
  })

  it('counts `from` in and `to` out, in any zone', async () => {
    const at = START + 7 * MINUTE
    const berlin = `${new Date(at + 7_200_000).toISOString().slice(0, -1)}+02:00`
    expect(await itemsOf({ from: berlin, to: iso(at + 1) })).toHaveLength(1)
    expect(await itemsOf({ from: iso(at - 1), to: berlin })).toHaveLength(0)
    expect(await itemsOf({ from: iso(at), to: iso(at) })).toHaveLength(0)
  })

  it('finds nothing for an unknown user', async () => {
    expect((await find({ actor_id: 4_000_000_000 })).body).toEqual({
      items: [],
      total: 0,
      total_is_exact: true,
      page: 1,
      size: 50,
      pages: 0,
      next_cursor: null,
    })
  })

  it('keeps a page where it is while new events arrive', async () => {
    const first = (await find(range)).body
    await loggedMany([{ event: 'user.active', at: START + 119 * MINUTE + 1 }])
    const second = (await find({ ...range, cursor: first.next_cursor })).body
    const seen = [...first.items, ...second.items].map((item) => item.id)
    expect(new Set(seen).size).toBe(100)
    expect([second.page, second.total]).toEqual([2, 120])
  })

  it.each([
    [{ action: 'user.vanished' }, ['action invalid_value']],
    [{ action: '' }, ['action invalid_value']],
    [{ actor_id: 0 }, ['actor_id too_small']],
    [{ actor_id: 'x', target_id: '1.5' }, ['actor_id invalid_type', 'target_id invalid_type']],
    [{ target_id: '99999999999999999999' }, ['target_id too_big']],
    [{ from: '2031-02-30T00:00:00Z' }, ['from invalid_format']],
    [{ from: '2031-01-01', to: 'today' }, ['from invalid_format', 'to invalid_format']],
    [{ from: '2031-01-01T00:00:00' }, ['from invalid_format']],
    [{ from: '2031-01-02T00:00:00Z', to: '2031-01-01T00:00:00Z' }, ['from after_to']],
    [{ page: 1, size: 100000 }, ['page unknown_field', 'size unknown_field']],
    [{ cursor: '' }, ['cursor invalid_cursor']],
    [{ cursor: btoa('[2,1,true,"x"]').replaceAll('=', '') }, ['cursor invalid_cursor']],
    [{ cursor: btoa('[2,-1,true,"x"]') }, ['cursor invalid_cursor']],
    [{ cursor: btoa('{}') }, ['cursor invalid_cursor']],
  ])('refuses %j', async (query, issues) => {
    expect(named(await find(query))).toEqual(issues)
  })

  it('refuses a cursor beyond any length', async () => {
    expect(named(await find({ cursor: 'x'.repeat(501) }))).toEqual(['cursor too_big'])
  })

  it('refuses a filter that is given twice', async () => {
    const reply = await get(`${PATH}?actor_id=1&actor_id=2`, { token: clerk.token })
    expect(named(reply)).toEqual(['actor_id invalid_type'])
  })

  it('is for those who hold admin:system', async () => {
    for (const role of ['user', 'moderator', 'staff-users']) {
      const { token } = await staff(role)
      expect([role, (await get(PATH, { token })).status]).toEqual([role, 403])
    }
    const admin = await staff('admin')
    expect((await get(PATH, { token: admin.token })).status).toBe(200)
  })
})

describe('a read of the log', () => {
  const looks = () =>
    rowsOf(
      "SELECT event, target_id FROM audit_log WHERE actor_id = ? AND event LIKE 'admin.%' ORDER BY target_id",
      clerk.id,
    )
  beforeAll(emptyLog)

  it('without a user filter is not logged', async () => {
    await find({ action: 'user.active', from: iso(START) })
    expect(await looks()).toEqual([])
  })

  it('at a person leaves an event about each who is named', async () => {
    await find({ actor_id: ADA, target_id: BOB })
    await find({ actor_id: CAROL, target_id: CAROL })
    const event = 'admin.user_activity_viewed'
    expect(await looks()).toEqual([ADA, BOB, CAROL].map((target_id) => ({ event, target_id })))
  })

  it('that takes events out leaves one, before the first of them', async () => {
    await emptyLog()
    const lines = await ndjson({ target_id: ADA })
    expect(lines[0]).toMatchObject({ action: 'admin.audit_exported', target_id: ADA })
  })

  it('that takes events out leaves one about each person who is named', async () => {
    const exported = async (query: Parameters<typeof ndjson>[0]) => {
      await emptyLog()
      await ndjson(query)
      return looks()
    }
    const looksAt = (...persons: (number | null)[]) =>
      persons.map((target_id) => ({ event: 'admin.audit_exported', target_id }))
    expect(await exported({ actor_id: ADA, target_id: BOB })).toEqual(looksAt(ADA, BOB))
    expect(await exported({ actor_id: CAROL, target_id: CAROL })).toEqual(looksAt(CAROL))
    expect(await exported({ action: 'user.active' })).toEqual(looksAt(null))
  })
})
