/**
 * A user's decision about a device that waits (RFC 8628 section 3.3). User codes are short, so each look counts as an
 * attempt of the user and of their network, and is taken back if the code is right (section 5.1).
 */
import { and, eq, gt, inArray } from 'drizzle-orm'
import { appMap } from '../apps/app-map'
import { appSubject } from '../apps/app-subject'
import { deviceBinding, readUserCode, userCodeHashes } from '../apps/device-codes'
import { findAppOfToken } from '../apps/find-app'
import { type Deps, deviceOf, type Principal } from '../context'
import { encryptToken } from '../crypto/encrypted-token'
import { DomainError, invalidFields } from '../errors'
import type { AuthorizeResult } from '../sessions/app-session-types'
import { sessionsOf } from '../sessions/object-stub'
import { type AppRow, deviceAuthorizations } from '../tables/apps'
import { attempt } from '../throttle/attempt'
import { reserveUserCode, reserveUserCodeFrom } from '../throttle/reserve'
import { type AskedAtResource, askedAtResources } from './asked-at-resources'
import { conditionsOf } from './conditions'

/** Shown to a user before they decide. */
export interface WaitingDevice {
  readonly userCode: string
  readonly app: AppRow
  readonly scopes: readonly string[]
  readonly atResources: readonly AskedAtResource[]
  /** Where it was asked from, and by what. */
  readonly ip: string | null
  readonly country: string | null
  readonly userAgent: string | null
  readonly createdAt: number
}

/** The user of a session. */
export type Decider = Pick<Principal, 'sid' | 'subject'>

type Row = typeof deviceAuthorizations.$inferSelect

/** The device that waits under a code. Throws `validation_failed` and `too_many_attempts`. */
export async function findDevice(deps: Deps, user: Decider, typed: string): Promise<WaitingDevice> {
  const { row, app, userCode } = await waiting(deps, user, typed)
  const { scopes, ip, country, userAgent, createdAt } = row
  const atResources = askedAtResources(await appMap(deps), row)
  return { userCode, app, scopes, atResources, ip, country, userAgent, createdAt }
}

/**
 * Allows the device what it asked for: it gets its tokens at its next poll, as long as this session lives. Throws as
 * findDevice does, and `forbidden` if the user may not use the app.
 */
export async function allowDevice(deps: Deps, user: Decider, typed: string): Promise<AppRow> {
  const { row, app } = await waiting(deps, user, typed)
  const { sid, subject } = user
  const { scopes, resources } = row
  const prompts = new Set<never>()
  const binding = { redirectUri: deviceBinding(row.id), codeChallenge: null, nonce: null }
  const request = { scopes, resources, binding, prompts, maxAge: undefined, askedAt: undefined }
  const means = { strength: 1, isConsentGiven: true } as const
  const result = await sessionsOf(deps, subject).authorize(sid, {
    grant: {
      clientId: app.clientId,
      sub: await appSubject(deps, app, subject),
      scopes,
      resources,
      claims: { userinfo: [], idToken: [] },
      isOffline: scopes.includes('offline_access'),
    },
    binding,
    conditions: await conditionsOf(deps, app, request, means),
    device: deviceOf(deps),
    codeTtlMs: Math.max(0, row.expiresAt - deps.now),
  })
  const code = codeOf(result)
  const encrypted = await encryptToken(deps.config.TOKEN_KEYS, 'code', { subject, id: code })
  await decide(deps, row, { state: 'approved', code: encrypted })
  return app
}

/** Refuses the device. Throws as findDevice does. */
export async function denyDevice(deps: Deps, user: Decider, typed: string): Promise<void> {
  const { row } = await waiting(deps, user, typed)
  await decide(deps, row, { state: 'denied' })
}

async function waiting(deps: Deps, { subject }: Decider, typed: string) {
  const userCode = readUserCode(typed)
  if (userCode === undefined) throw unknownCode()
  // Both are counted before anything is looked up, so parallel guesses cannot exceed a budget.
  const found = await attempt(deps, reserveUserCode(deps, subject), () =>
    attempt(deps, reserveUserCodeFrom(deps), () => lookUp(deps, userCode)),
  )
  if (!found) throw unknownCode()
  return { ...found, userCode }
}

async function lookUp(
  deps: Deps,
  userCode: string,
): Promise<{ row: Row; app: AppRow } | undefined> {
  const hashes = await userCodeHashes(deps.config.TOKEN_KEYS, userCode)
  const [row] = await deps.db
    .select()
    .from(deviceAuthorizations)
    .where(and(inArray(deviceAuthorizations.userCodeHash, hashes), isWaiting(deps)))
  const app = row && (await findAppOfToken(deps, row.clientId))
  if (!row || !app?.allowsDeviceFlow) return undefined
  // The app's allowed scopes may have changed since its request.
  const scopes = row.scopes.filter((name) => app.scopes.includes(name))
  const resources = row.resources.filter((identifier) => app.resources.includes(identifier))
  return scopes.length === 0 ? undefined : { row: { ...row, scopes, resources }, app }
}

const isWaiting = ({ now }: Deps) =>
  and(eq(deviceAuthorizations.state, 'pending'), gt(deviceAuthorizations.expiresAt, now))

/** One decision counts: a device that was decided about elsewhere is no longer waiting. */
async function decide(
  deps: Deps,
  { id }: Row,
  decision: Partial<Pick<Row, 'state' | 'code'>>,
): Promise<void> {
  const decided = await deps.db
    .update(deviceAuthorizations)
    .set(decision)
    .where(and(eq(deviceAuthorizations.id, id), isWaiting(deps)))
    .returning({ id: deviceAuthorizations.id })
  if (decided.length === 0) throw unknownCode()
}

function codeOf(result: AuthorizeResult): string {
  switch (result.status) {
    case 'code':
      return result.id
    case 'signed_out':
      throw new DomainError('invalid_access_token')
    case 'required_action':
      throw new DomainError(result.action)
    case 'throttled':
      throw new DomainError('too_many_attempts', { retryAfter: result.retryAfter })
    default:
      throw new DomainError('forbidden', { detail: 'You may not use this app' })
  }
}

const unknownCode = () =>
  invalidFields([
    { path: 'user_code', code: 'unknown_user_code', message: 'Unknown, expired or used code' },
  ])
