/**
 * A user's own trusted browsers, for the API and the pages. They are kept in the user's object, so ending
 * trust takes effect before the answer is sent.
 */
import * as z from 'zod'
import { answerSchema } from '../answer-schema'
import { type Deps, deviceOf, type Principal } from '../context'
import { verifyToken } from '../crypto/signed-token'
import { DomainError } from '../errors'
import { nameField } from '../texts/name-field'
import { iso } from '../time'
import { sessionsOf } from './object-stub'

type Own = Pick<Principal, 'subject'>

export const MAX_NAME_CHARS = 60

/** Null shows the browser by its kind and operating system. */
export const deviceNameField = nameField(MAX_NAME_CHARS, 'Laptop at home')

const instant = () => z.iso.datetime()

export const TrustedDeviceList = answerSchema(() =>
  z.object({
    items: z.array(
      z
        .object({
          id: z.string(),
          name: z.string().nullable(),
          created_at: instant(),
          last_used_at: instant(),
          expires_at: instant(),
          ip: z.string().nullable(),
          country: z.string().nullable(),
          user_agent: z.string().nullable(),
        })
        .meta({ id: 'TrustedBrowser' }),
    ),
  }),
)
export type TrustedDeviceView = z.output<typeof TrustedDeviceList>['items'][number]

/** Browsers that are trusted now, the most recently used first. */
export async function listTrustedDevices(
  deps: Deps,
  { subject }: Own,
): Promise<TrustedDeviceView[]> {
  const trusted = await sessionsOf(deps, subject).listTrustedDevices()
  return trusted.map((device) => ({
    id: device.id,
    name: device.name,
    created_at: iso(device.createdAt),
    last_used_at: iso(device.lastUsedAt),
    expires_at: iso(device.expiresAt),
    ip: device.ip,
    country: device.country,
    user_agent: device.userAgent,
  }))
}

/** Names a trusted browser. Throws `not_found` if it is not one of the user's. */
export async function renameTrustedDevice(
  deps: Deps,
  { subject }: Own,
  id: string,
  name: string | null,
): Promise<void> {
  const isRenamed = await sessionsOf(deps, subject).renameTrustedDevice(id, name)
  if (!isRenamed) throw new DomainError('not_found')
}

/** Ends the trust of one browser. Throws `not_found` if it is not one of the user's. */
export async function endTrust(deps: Deps, { subject }: Own, id: string): Promise<void> {
  const ended = await sessionsOf(deps, subject).endTrust(id, 'revoked', deviceOf(deps))
  if (ended === 0) throw new DomainError('not_found')
}

/** Ends the trust of all browsers. */
export async function endAllTrust(deps: Deps, { subject }: Own): Promise<void> {
  await sessionsOf(deps, subject).endTrust(null, 'revoked', deviceOf(deps))
}

/** The id of the user's trusted browser that a token names; undefined for any other text. */
export async function trustedDeviceIdOf(
  deps: Deps,
  { subject }: Own,
  token: string | undefined,
): Promise<string | undefined> {
  const claims = token && (await verifyToken(deps.config.TOKEN_KEYS, 'device', token))
  return claims && claims.subject === subject ? claims.did : undefined
}
