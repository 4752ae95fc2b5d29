/** What a user created that outlives their sessions. It is shown wherever the sessions are. */
import { sql } from 'drizzle-orm'
import * as z from 'zod'
import { answerSchema } from '../answer-schema'
import { ApiKey, type ApiKeyRow, toApiKey } from '../api-keys/api-key-view'
import { liveKeysOf } from '../api-keys/list-api-keys'
import type { Deps } from '../context'
import { runBatch } from '../db/batch'
import { SessionList } from '../sessions/session-view'
import { iso } from '../time'

const OwnKey = answerSchema(() =>
  ApiKey.unwrap()
    .pick({
      id: true,
      name: true,
      permissions: true,
      created_at: true,
      expires_at: true,
      last_used_at: true,
    })
    .meta({ id: 'LiveApiKey' }),
)

const OwnWebhook = answerSchema(() =>
  z
    .object({
      id: z.string(),
      host: z.string().meta({ description: 'The host that receives the events' }),
      enabled: z.boolean(),
      created_at: z.iso.datetime(),
    })
    .meta({ id: 'OwnWebhook' }),
)

/** Live sessions, and what else acts or sends events in the user's name. */
export const SessionsAndMore = answerSchema(() =>
  z
    .object({
      ...SessionList.unwrap().shape,
      api_keys: z
        .array(OwnKey)
        .meta({ description: 'Active keys that act on behalf of the user, newest first' }),
      webhooks: z
        .array(OwnWebhook)
        .meta({ description: 'Endpoints that the user created, newest first' }),
    })
    .meta({ id: 'Sessions' }),
)
export type MadeBy = Pick<z.output<typeof SessionsAndMore>, 'api_keys' | 'webhooks'>

interface WebhookRow {
  readonly id: string
  readonly url: string
  readonly disabled_at: number | null
  readonly created_at: number
}

/** Returns a user's live API keys and webhooks, in one D1 query. */
export async function madeBy(
  deps: Deps,
  { userId, subject }: { userId: number; subject: string },
): Promise<MadeBy> {
  const [keys, hooks] = await runBatch(deps, [
    liveKeysOf(deps, subject),
    sql`SELECT id, url, disabled_at, created_at FROM webhooks
      WHERE created_by = ${userId} ORDER BY created_at DESC, id DESC`,
  ])
  return {
    api_keys: ((keys?.results ?? []) as unknown as ApiKeyRow[]).map((row) => {
      const { created_by: _, revoked_at: __, ...key } = toApiKey(row)
      return key
    }),
    webhooks: ((hooks?.results ?? []) as unknown as WebhookRow[]).map((row) => ({
      id: row.id,
      host: new URL(row.url).host,
      enabled: row.disabled_at === null,
      created_at: iso(row.created_at),
    })),
  }
}
