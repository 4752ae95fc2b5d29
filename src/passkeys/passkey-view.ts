import * as z from 'zod'
import { answerSchema } from '../answer-schema'
import type { PasskeyUse } from '../sessions/session-types'
import { iso, isoOrNull } from '../time'
import { authenticatorName } from './authenticator-name'

const instant = () => z.iso.datetime()

export const PasskeyView = answerSchema(() =>
  z
    .object({
      id: z.string(),
      name: z.string(),
      created_at: instant(),
      last_used_at: instant().nullable(),
      backed_up: z.boolean().meta({ description: 'Whether a copy exists, as it said at last use' }),
      synced: z.boolean().meta({ description: 'False if it cannot leave its device' }),
      device_name: z.string().nullable().meta({
        description: 'The model, as the authenticator says itself. Not verified',
      }),
    })
    .meta({ id: 'Passkey' }),
)
export type PasskeyView = z.output<typeof PasskeyView>

export interface PasskeyRow {
  readonly id: string
  readonly name: string
  readonly aaguid: string
  readonly isBackupEligible: boolean
  readonly isBackedUp: boolean
  readonly createdAt: number
}

/** `use`: what the user's object knows of it, if it was ever used. */
export const toPasskeyView = (row: PasskeyRow, use: PasskeyUse | undefined): PasskeyView => ({
  id: row.id,
  name: row.name,
  created_at: iso(row.createdAt),
  last_used_at: isoOrNull(use?.lastUsedAt ?? null),
  backed_up: use?.lastUsedAt == null ? row.isBackedUp : use.isBackedUp,
  synced: row.isBackupEligible,
  device_name: authenticatorName(row.aaguid),
})
