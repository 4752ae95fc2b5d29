/** Newest first is by the time of registration, whatever the order of ids: as after an import. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { importChunk } from '../support/chunk'
import { staff } from '../support/users'
import { idsIn, page, walk } from './listing'

const DAY = 86_400_000
const NOW = Date.UTC(2026, 0, 1)

let token: string
const importOf = (body: string) => importChunk({ token }, body)
beforeAll(async () => {
  token = (await staff('admin')).token
  // The file's order is the order of ids; the times run the other way, some a millisecond apart.
  const lines = Array.from({ length: 30 }, (_, n) =>
    JSON.stringify({
      email: `moved${n}@import.example`,
      full_name: `Moved Person ${n}`,
      email_verified: n % 3 > 0,
      roles: n % 2 === 0 ? ['moderator'] : [],
      created_at: new Date(NOW - (n < 10 ? n : n * DAY)).toISOString(),
    }),
  )
  const reply = await importOf(lines.join('\n'))
  expect(reply.body).toMatchObject({ imported: 30, errors: [] })
})

const times = (pages: { items: { created_at: string }[] }[]) =>
  pages.flatMap(({ items }) => items.map(({ created_at: at }) => at))

describe('after an import', () => {
  it.each([
    {},
    { status: 'active' },
    { status: 'inactive' },
    { role: 'moderator' },
    { role: 'user' },
    { search: 'moved' },
    { search: 'import.example', status: 'pending' },
    { search: 'person', role: 'moderator' },
  ])('a list of %j is by what the column shows', async (query) => {
    const newest = times([await page(token, { ...query, size: 100 })])
    expect(newest.length).toBeGreaterThan(5)
    expect(newest).toEqual(newest.toSorted().toReversed())
    // Page by page it is the same users, within the 128 ms that the index knows in the same order.
    const pages = await walk(token, { ...query, size: 4 }, 'cursor')
    expect(idsIn(pages).toSorted()).toEqual(
      idsIn([await page(token, { ...query, size: 100 })]).toSorted(),
    )
    const coarse = times(pages).map((at) => Math.floor(Date.parse(at) / 128))
    expect(coarse).toEqual(coarse.toSorted((a, b) => b - a))
    if ('search' in query) return
    const oldest = times([await page(token, { ...query, sort: 'oldest', size: 100 })])
    expect(oldest).toEqual(newest.toReversed())
  })

  it('takes no time before 1970, and no time ever changes', async () => {
    const line = {
      email: 'early@import.example',
      full_name: 'Early',
      created_at: '1969-12-31T23:59:59Z',
    }
    const reply = await importOf(JSON.stringify(line))
    expect(reply.body).toMatchObject({
      imported: 0,
      errors: [{ line: 1, code: 'too_early', path: 'created_at' }],
    })
    const change = env.DB.prepare('UPDATE users SET created_at = created_at + 1').run()
    await expect(change).rejects.toThrow('never change')
  })
})
