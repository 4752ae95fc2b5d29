/** Reads and changes profiles through the API, and reads what is stored. */
import { env } from 'cloudflare:workers'
import { expect } from 'vitest'
import { call, get, type Reply } from './api'
import type { SignedInUser } from './users'

const PATH = '/api/v1/users/profile'

export const change = (
  who: SignedInUser,
  body: unknown,
  { method = 'PATCH', form = false } = {},
): Promise<Reply> => call(method, PATH, body, { token: who.token, form })

export const profile = async (who: SignedInUser) => (await get(PATH, { token: who.token })).body

/** Merges a patch into the preferences, which must succeed, and returns them. */
export async function patchPreferences(who: SignedInUser, patch: unknown): Promise<unknown> {
  const reply = await change(who, { preferences: patch })
  expect(reply.status, JSON.stringify(reply.body)).toBe(200)
  return reply.body.preferences
}

export const userRow = (who: SignedInUser) =>
  env.DB.prepare('SELECT * FROM users WHERE id = ?').bind(who.id).first<Record<string, unknown>>()

/** The data of each profile change in the audit log. */
export async function profileAudits(who: SignedInUser): Promise<{ fields: string[] }[]> {
  const { results } = await env.DB.prepare(
    "SELECT data FROM audit_log WHERE event = 'user.profile_updated' AND target_id = ? ORDER BY id",
  )
    .bind(who.id)
    .all<{ data: string }>()
  return results.map(({ data }) => JSON.parse(data))
}
