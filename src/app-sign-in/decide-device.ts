/**
 * A user's decision about a device that waits (RFC 8628 section 3.3). User codes are short, so each lookup counts as an
 * attempt of the user and of their network. A right code takes the attempt back (section 5.1).
 */
import { and, eq, gt, inArray, isNull, lte, or, type SQL } from 'drizzle-orm'
import { appMap } from '../apps/app-map'
import { appSubject } from '../apps/app-subject'
import { type AskedAtResource, askedAtResources } from '../apps/asked-at-resources'
import { CLAIM_MS, deviceBinding, readUserCode, userCodeHashes } from '../apps/device-codes'
import { findAppOfToken } from '../apps/find-app'
import { type Deps, deviceOf, type Principal } from '../context'
import { encryptToken } from '../crypto/encrypted-token'
import { DomainError, invalidFields } from '../errors'
import { errorName, log } from '../log'
import type { AuthorizeResult } from '../sessions/app-session-types'
import { sessionsOf } from '../sessions/object-stub'
import { type AppRow, deviceAuthorizations } from '../tables/apps'
import { attempt } from '../throttle/attempt'
import { reserveUserCode, reserveUserCodeFrom } from '../throttle/reserve'
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

/**
 * The device that waits under a code. Throws `validation_failed`, `too_many_attempts`, and `changed_meanwhile` while
 * another request decides about it.
 */
export async function findDevice(deps: Deps, user: Decider, typed: string): Promise<WaitingDevice> {
  const { row, app, userCode } = await waiting(deps, user, typed)
  const { scopes, ip, country, userAgent, createdAt } = row
  const atResources = askedAtResources(await appMap(deps), row)
  return { userCode, app, scopes, atResources, ip, country, userAgent, createdAt }
}

/**
 * Allows the device what it asked for: it gets its tokens at its next poll, as long as this session lives. The row is
 * claimed before anything is written in the user's object, so of two answers the one that comes second leaves neither a
 * consent nor a code. Throws as findDevice does, and `forbidden` if the user may not use the app.
 */
export async function allowDevice(deps: Deps, user: Decider, typed: string): Promise<AppRow> {
  const { row, app } = await waiting(deps, user, typed)
  try {
    await decide(deps, row, isFree(deps), { claimedAt: deps.now })
    const code = await issueCode(deps, user, row, app)
    const approved = { state: 'approved', code, claimedAt: null } as const
    await decide(deps, row, isClaimed(deps), approved)
  } catch (error) {
    const isLost = error instanceof DomainError && error.code === 'changed_meanwhile'
    if (!isLost) await release(deps, row)
    throw error
  }
  return app
}

/** The code that the device's next poll redeems, encrypted. If the row is not approved then, nobody ever learns it. */
async function issueCode(
  deps: Deps,
  { sid, subject }: Decider,
  { id, scopes, resources, expiresAt }: Row,
  app: AppRow,
): Promise<string> {
  const prompts = new Set<never>()
  const binding = { redirectUri: deviceBinding(id), codeChallenge: null, nonce: null }
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
    codeTtlMs: Math.max(0, expiresAt - deps.now),
  })
  return encryptToken(deps.config.TOKEN_KEYS, 'code', { subject, id: codeOf(result) })
}

/** Refuses the device. Throws as findDevice does. */
export async function denyDevice(deps: Deps, user: Decider, typed: string): Promise<void> {
  const { row } = await waiting(deps, user, typed)
  await decide(deps, row, isFree(deps), { state: 'denied' })
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
  if (row && isTaken(deps, row)) throw new DomainError('changed_meanwhile')
  const app = row && (await findAppOfToken(deps, row.clientId))
  if (!row || !app?.allowsDeviceFlow) return undefined
  // The app's allowed scopes may have changed since its request.
  const scopes = row.scopes.filter((name) => app.scopes.includes(name))
  const resources = row.resources.filter((identifier) => app.resources.includes(identifier))
  return scopes.length === 0 ? undefined : { row: { ...row, scopes, resources }, app }
}

const isWaiting = ({ now }: Deps) =>
  and(eq(deviceAuthorizations.state, 'pending'), gt(deviceAuthorizations.expiresAt, now))

/** Another request is deciding about it. */
const isTaken = ({ now }: Deps, { claimedAt }: Row): boolean =>
  claimedAt !== null && claimedAt > now - CLAIM_MS

const isFree = ({ now }: Deps) =>
  or(isNull(deviceAuthorizations.claimedAt), lte(deviceAuthorizations.claimedAt, now - CLAIM_MS))

/** This request is deciding about it. */
const isClaimed = ({ now }: Deps) => eq(deviceAuthorizations.claimedAt, now)

/** One decision counts. Throws `changed_meanwhile` if another request has made one, or is about to. */
async function decide(
  deps: Deps,
  { id }: Row,
  only: SQL | undefined,
  decision: Partial<Pick<Row, 'state' | 'code' | 'claimedAt'>>,
): Promise<void> {
  const decided = await deps.db
    .update(deviceAuthorizations)
    .set(decision)
    .where(and(eq(deviceAuthorizations.id, id), isWaiting(deps), only))
    .returning({ id: deviceAuthorizations.id })
  if (decided.length === 0) throw new DomainError('changed_meanwhile')
}

/** So that the user can try again at once. If it fails, they can when the claim is over. */
async function release(deps: Deps, { id }: Row): Promise<void> {
  await deps.db
    .update(deviceAuthorizations)
    .set({ claimedAt: null })
    .where(and(eq(deviceAuthorizations.id, id), isWaiting(deps), isClaimed(deps)))
    .catch((error: unknown) => log.warn('device_row_left', deps, { error: errorName(error) }))
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
