/** Codes and sessions of apps, asked of a user's object as the OAuth routes do. */
import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { randomId } from '../../src/crypto/encoding'
import type {
  AppGrant,
  AppSession,
  AuthorizeConditions,
  AuthorizeRequest,
  CodeBinding,
  CodeProof,
} from '../../src/sessions/app-session-types'
import { REDIRECT_URI } from './apps'
import { DAY } from './clock'
import { objectTables, type Stored } from './stores'

export const DEVICE = { ip: '203.0.113.9', country: 'NL', userAgent: 'test' }
export const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
export const METADATA = 'metadata-1'
export const OFFLINE_SECONDS = (30 * DAY) / 1000

export interface Whose {
  subject: string
  sessionId: string
}

export const userObject = ({ subject }: { subject: string }) => env.USER_SESSIONS.getByName(subject)

interface Asked {
  grant?: Partial<AppGrant>
  binding?: Partial<CodeBinding>
  conditions?: Partial<AuthorizeConditions>
}

/** A first-party app's request, unless told otherwise. */
export const authorizeRequest = ({ grant, binding, conditions }: Asked = {}): AuthorizeRequest => ({
  grant: {
    clientId: 'client-a'.padEnd(22, '-'),
    sub: 'sub-a'.padEnd(43, '-'),
    scopes: ['openid'],
    resources: [],
    claims: { userinfo: [], idToken: [] },
    isOffline: false,
    ...grant,
  },
  binding: { redirectUri: REDIRECT_URI, codeChallenge: CHALLENGE, nonce: 'n-1', ...binding },
  conditions: {
    authenticatedSince: null,
    strength: 1,
    allowedRoleIds: null,
    twoFactorRoleIds: [],
    consent: { mode: 'not_needed' },
    ...conditions,
  },
  device: DEVICE,
})

export const codeProof = (more: Partial<CodeProof> = {}): CodeProof => ({
  clientId: authorizeRequest().grant.clientId,
  redirectUri: REDIRECT_URI,
  codeChallenge: CHALLENGE,
  offlineTtlSeconds: OFFLINE_SECONDS,
  device: DEVICE,
  ...more,
})

export const authorize = (who: Whose, asked: Asked = {}) =>
  userObject(who).authorize(who.sessionId, authorizeRequest(asked))

/** A code; throws if none is issued. */
export async function codeFor(who: Whose, asked: Asked = {}): Promise<string> {
  const result = await authorize(who, asked)
  if (result.status !== 'code') throw new Error(`no code: ${result.status}`)
  return result.id
}

export const redeem = (who: Whose, code: string, proof: Partial<CodeProof> = {}) =>
  userObject(who).redeemCode(code, codeProof(proof))

/** A session of an app, by a code; throws if none is opened. */
export async function appSessionFor(who: Whose, asked: Asked = {}): Promise<AppSession> {
  const clientId = asked.grant?.clientId ?? authorizeRequest().grant.clientId
  const result = await redeem(who, await codeFor(who, asked), { clientId })
  if (result.status !== 'opened') throw new Error('no session was opened')
  return result.appSession
}

export const isLive = async (who: Whose, { id }: { id: string }): Promise<boolean> =>
  (await userObject(who).checkApp(id)).isLive

export const rotate = (
  who: Whose,
  { id, clientId }: Pick<AppSession, 'id' | 'clientId'>,
  generation: number,
  graceMs = 0,
) => userObject(who).rotateApp(id, clientId, generation, graceMs, DEVICE)

/** The rows of one table of a user's object. */
export const objectRows = async (who: { subject: string }, table: string): Promise<Stored[]> =>
  (await objectTables(userObject(who) as never))[table] ?? []

/** Everything that the object stores, as one text. */
export const stored = async (who: { subject: string }): Promise<string> =>
  JSON.stringify(await objectTables(userObject(who) as never))

export const alarmOf = (who: { subject: string }): Promise<number | null> =>
  runInDurableObject(userObject(who), (_, { storage }) => storage.getAlarm())

/** Another app, which knows the user by another `sub`. */
export const otherApp = (): Pick<AppGrant, 'clientId' | 'sub'> => ({
  clientId: randomId(),
  sub: `${randomId()}${randomId().slice(1)}`,
})
