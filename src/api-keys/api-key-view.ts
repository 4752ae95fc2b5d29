/** API keys as the API returns them: their scopes and lifetime, but never the secret. */
import * as z from 'zod'
import { answerSchema } from '../answer-schema'
import { iso, isoOrNull } from '../time'

const instant = () => z.iso.datetime()

export const ApiKey = answerSchema(() =>
  z
    .object({
      id: z.string(),
      name: z
        .string()
        .meta({ description: 'Empty if the user who created the key has been erased' }),
      permissions: z.array(z.string()).meta({
        description: 'The scopes of the key. Only those that its creator has take effect',
      }),
      created_by: z.int().meta({ description: 'The user on whose behalf the key acts' }),
      created_at: instant(),
      expires_at: instant(),
      last_used_at: instant().nullable().meta({ description: 'Accurate to 15 minutes' }),
      revoked_at: instant().nullable(),
    })
    .meta({ id: 'ApiKey' }),
)
export type ApiKey = z.output<typeof ApiKey>

/** A row as list-api-keys.ts selects it. */
export interface ApiKeyRow {
  readonly id: string
  readonly name: string
  readonly permissions: string
  readonly made_by: number
  readonly created_at: number
  readonly expires_at: number
  readonly last_used_at: number | null
  readonly revoked_at: number | null
}

export const toApiKey = (row: ApiKeyRow): ApiKey => ({
  id: row.id,
  name: row.name,
  permissions: (JSON.parse(row.permissions) as string[]).sort(),
  created_by: row.made_by,
  created_at: iso(row.created_at),
  expires_at: iso(row.expires_at),
  last_used_at: isoOrNull(row.last_used_at),
  revoked_at: isoOrNull(row.revoked_at),
})
