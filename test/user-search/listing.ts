/** Lists of users through the API, and what they should hold by a plain reading of the tables. */
import { expect } from 'vitest'
import { rowsOf } from '../db/rows'
import { get, type Reply } from '../support/api'

const PATH = '/api/v1/admin/users'

type Query = Record<string, string | number>

/** Asks for a page as an admin. */
export const ask = (token: string, query: Query = {}): Promise<Reply> =>
  get(`${PATH}?${new URLSearchParams(query as Record<string, string>).toString()}`, { token })

/** A page that must be given. */
export async function page(token: string, query: Query = {}) {
  const reply = await ask(token, query)
  expect(reply.status, JSON.stringify(reply.body)).toBe(200)
  return reply.body
}

/** All pages, from one to the next by the cursor, one after the other by number, or not. */
export async function walk(token: string, query: Query, way: 'cursor' | 'page') {
  const pages = [await page(token, query)]
  for (let n = 2; pages.at(-1).next_cursor !== null && n < 500; n++) {
    const next = way === 'cursor' ? { cursor: pages.at(-1).next_cursor } : { page: n }
    pages.push(await page(token, { ...query, ...next }))
  }
  return pages
}

export const idsIn = (pages: { items: { id: number }[] }[]): number[] =>
  pages.flatMap(({ items }) => items.map(({ id }) => id))

export interface Plain {
  id: number
  email: string
  email_key: string
  full_name: string
  status: string
  created_at: number
  roles: string[]
}

/** The older account first, and of two of the same millisecond the one with the lower id. */
export const byTime = (a: Plain, b: Plain): number => a.created_at - b.created_at || a.id - b.id

/** Every user, read without any index of the list's own. */
export async function everybody(): Promise<Plain[]> {
  const rows = await rowsOf<Omit<Plain, 'roles'> & { roles: string }>(
    `SELECT id, email, email_key, full_name, status, created_at,
       (SELECT json_group_array(name) FROM user_roles JOIN roles ON roles.id = role_id WHERE user_id = users.id) AS roles
     FROM users ORDER BY id`,
  )
  return rows.map((row) => ({ ...row, roles: JSON.parse(row.roles) as string[] }))
}
