/**
 * Key pairs that sign tokens: ES256 for access tokens, and RS256 for messages to apps about sign-ins (ID
 * tokens, logout tokens). They are stored in D1, the private key encrypted and bound to its row, and cached
 * in the isolate. The first request that needs one makes it. A key is published for longer than any cache
 * lasts before it signs, and for as long as what it signed must verify. Ages are compared as absolute values,
 * so that setting the clock back prolongs no cache.
 */
import { and, desc, gt, type SQL, sql } from 'drizzle-orm'
import { exportJWK, generateKeyPair, importJWK, type JWK } from 'jose'
import type { Config } from '../../config'
import type { Deps } from '../../context'
import { randomId } from '../../crypto/encoding'
import { decrypt, encrypt, keyIdOf } from '../../crypto/encrypt'
import { APP_TOKEN_SECONDS } from '../../tables/apps'
import { aadOf } from '../../tables/encrypted-column'
import { PRIVATE_KEY, signingKeys } from '../../tables/sessions'

export const SIGNING_ALGORITHMS = ['ES256', 'RS256'] as const
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number]
/** How long isolates cache the keys, and other verifiers too, by the cache header of JWKS. */
export const KEY_CACHE_MS = 5 * 60_000
const UNKNOWN_KID_RELOAD_MS = 10_000
/** How long before its start a key may sign, as the clocks of two hosts differ. */
const CLOCK_LEEWAY_MS = 60_000
const DAY_MS = 86_400_000
const RSA_BITS = 2048

interface Lifetime {
  readonly signsMs: number
  /** How long a key is published before it signs: longer than any cache lasts. */
  readonly aheadMs: number
  /** How long it is published after its last signature. */
  afterMs(config: Config): number
}

/**
 * Apps cache the RS256 keys for a day or until they restart, so those are replaced seldom and published
 * early. They stay listed for three months because an ID token is sent back as `id_token_hint` long after
 * it has expired.
 */
export const LIFETIMES: Readonly<Record<SigningAlgorithm, Lifetime>> = {
  ES256: {
    signsMs: 30 * DAY_MS,
    aheadMs: 3 * DAY_MS,
    afterMs: ({ ACCESS_TOKEN_TTL_SECONDS: own }) =>
      Math.max(own, APP_TOKEN_SECONDS.max) * 1000 + KEY_CACHE_MS,
  },
  RS256: { signsMs: 90 * DAY_MS, aheadMs: 7 * DAY_MS, afterMs: () => 90 * DAY_MS },
}

/**
 * The latest start that a key can have, with a day to spare. A key that starts later was made while the
 * clock was ahead. It is neither used nor published, and rotation deletes it.
 */
const latestStart = (alg: SigningAlgorithm, now: number): number =>
  now + LIFETIMES[alg].aheadMs + DAY_MS

/** As a condition on a row, for all algorithms. */
export const startsTooLate = (now: number): SQL =>
  sql`${signingKeys.signsFrom} > CASE ${signingKeys.alg} WHEN 'RS256' THEN ${latestStart('RS256', now)} ELSE ${latestStart('ES256', now)} END`

export interface KeySet {
  readonly loadedAt: number
  /** By key id. A key verifies only its own algorithm, whatever a token's header says. */
  readonly verifying: ReadonlyMap<
    string,
    { readonly alg: SigningAlgorithm; readonly key: CryptoKey }
  >
  readonly published: readonly JWK[]
  readonly signing: ReadonlyMap<SigningAlgorithm, SigningKey>
}

interface SigningKey {
  readonly kid: string
  readonly key: CryptoKey
  readonly signsFrom: number
  readonly signsUntil: number
}

// Caches the value, not the promise: a request must not wait for I/O of another request.
const cache = new WeakMap<Env, KeySet>()
const lastSearch = new WeakMap<Env, number>()

/** The current keys, from the cache when it is at most five minutes old. */
export async function keySet(deps: Deps): Promise<KeySet> {
  const known = cache.get(deps.env)
  return known && Math.abs(deps.now - known.loadedAt) < KEY_CACHE_MS ? known : reload(deps)
}

/**
 * The key of a token's `kid`, and the only algorithm that it verifies. For an unknown one D1 is read again,
 * at most once in 10 s.
 */
export async function verifyingKey(
  deps: Deps,
  kid: string,
): Promise<{ alg: SigningAlgorithm; key: CryptoKey } | undefined> {
  const known = await keySet(deps)
  const key = known.verifying.get(kid)
  const searches = [known.loadedAt, lastSearch.get(deps.env) ?? 0]
  const hasJustLooked = searches.some((at) => Math.abs(deps.now - at) < UNKNOWN_KID_RELOAD_MS)
  if (key || hasJustLooked) return key
  lastSearch.set(deps.env, deps.now)
  return (await reload(deps)).verifying.get(kid)
}

/** The key that signs now. Makes one if there is none. */
export async function signingKey(
  deps: Deps,
  alg: SigningAlgorithm = 'ES256',
): Promise<{ kid: string; key: CryptoKey }> {
  const set = await keySet(deps)
  const known = set.signing.get(alg)
  if (known && signsAt(known, deps.now)) return known
  // Another isolate may have made one since this one last read them: D1 is asked before a pair is made.
  const stored = set.loadedAt === deps.now ? undefined : (await reload(deps)).signing.get(alg)
  if (stored) return stored
  await makeSigningKey(deps, alg, deps.now)
  const made = (await reload(deps)).signing.get(alg)
  if (!made) throw new Error('no signing key could be made')
  return made
}

/** The public keys, for JWKS. Never without one of each algorithm, so that verifiers can start first. */
export async function publishedKeys(deps: Deps): Promise<readonly JWK[]> {
  for (const alg of SIGNING_ALGORITHMS) await signingKey(deps, alg)
  return (await keySet(deps)).published
}

/**
 * Makes a key that signs from an instant on, unless there is one already; true if it did. Two isolates
 * that need one at the same time end up with one key, as D1 runs statements one after the other.
 */
export async function makeSigningKey(
  deps: Deps,
  alg: SigningAlgorithm,
  signsFrom: number,
): Promise<boolean> {
  const none = sql`NOT EXISTS (SELECT 1 FROM ${signingKeys}
    WHERE alg = ${alg} AND signs_from <= ${signsFrom + CLOCK_LEEWAY_MS} AND signs_until > ${signsFrom}
    AND substr(private_key, 1, instr(private_key, '.') - 1) IN (SELECT value FROM json_each(${JSON.stringify(deps.config.DATA_KEYS.ids)})))`
  const made = await deps.db.all(await freshKey(deps, { alg, signsFrom, onlyIf: none }))
  return made.length > 0
}

/** Statements that replace all keys by new ones, for the batch that retires them. */
export async function replaceSigningKeys(deps: Deps): Promise<{ kid: string; statements: SQL[] }> {
  const kid = randomId()
  const always = { signsFrom: deps.now, onlyIf: sql`1` }
  const made = [
    await freshKey(deps, { alg: 'ES256', kid, ...always }),
    await freshKey(deps, { alg: 'RS256', ...always }),
  ]
  return { kid, statements: [sql`DELETE FROM ${signingKeys}`, ...made] }
}

/** Makes this isolate read the keys again. Others do so within five minutes. */
export const forgetKeys = (deps: Deps): boolean => cache.delete(deps.env)

interface NewKey {
  readonly alg: SigningAlgorithm
  readonly signsFrom: number
  readonly onlyIf: SQL
  readonly kid?: string
}

async function freshKey(
  deps: Deps,
  { alg, signsFrom, onlyIf, kid = randomId() }: NewKey,
): Promise<SQL> {
  const pair = await generateKeyPair(alg, { extractable: true, modulusLength: RSA_BITS })
  const publicJwk = { ...(await exportJWK(pair.publicKey)), kid, alg, use: 'sig' }
  const privateJwk = JSON.stringify(await exportJWK(pair.privateKey))
  const privateKey = await encrypt(deps.config.DATA_KEYS, aadOf(PRIVATE_KEY, kid), privateJwk)
  const signsUntil = signsFrom + LIFETIMES[alg].signsMs
  const publishedUntil = signsUntil + LIFETIMES[alg].afterMs(deps.config)
  return sql`
    INSERT INTO ${signingKeys} (kid, alg, public_jwk, private_key, created_at, signs_from, signs_until, published_until)
    SELECT ${kid}, ${alg}, ${JSON.stringify(publicJwk)}, ${privateKey}, ${deps.now}, ${signsFrom}, ${signsUntil}, ${publishedUntil}
    WHERE ${onlyIf}
    RETURNING 1`
}

const signsAt = (key: { signsFrom: number; signsUntil: number }, now: number): boolean =>
  key.signsFrom <= now + CLOCK_LEEWAY_MS && key.signsUntil > now

async function reload(deps: Deps): Promise<KeySet> {
  const loaded = await load(deps)
  cache.set(deps.env, loaded)
  return loaded
}

async function load(deps: Deps): Promise<KeySet> {
  const rows = await deps.db
    .select()
    .from(signingKeys)
    .where(and(gt(signingKeys.publishedUntil, deps.now), sql`NOT ${startsTooLate(deps.now)}`))
    .orderBy(desc(signingKeys.signsFrom))
  const verifying = new Map<string, { alg: SigningAlgorithm; key: CryptoKey }>()
  const published: JWK[] = []
  const signing = new Map<SigningAlgorithm, SigningKey>()
  for (const row of rows) {
    const { kid, alg, signsFrom, signsUntil } = row
    const jwk = JSON.parse(row.publicJwk) as JWK
    published.push(jwk)
    verifying.set(kid, { alg, key: await importKey(jwk, alg) })
    // A key whose DATA_KEYS entry was removed cannot be decrypted. It still verifies, but cannot sign.
    const canSign = signsAt(row, deps.now) && deps.config.DATA_KEYS.has(keyIdOf(row.privateKey))
    if (!canSign || signing.has(alg)) continue
    const aad = aadOf(PRIVATE_KEY, kid)
    const text = await decrypt(deps.config.DATA_KEYS, aad, row.privateKey)
    const key = await importKey(JSON.parse(text) as JWK, alg)
    signing.set(alg, { kid, key, signsFrom, signsUntil })
  }
  return { loadedAt: deps.now, verifying, published, signing }
}

async function importKey(jwk: JWK, alg: SigningAlgorithm): Promise<CryptoKey> {
  const key = await importJWK(jwk, alg)
  if (key instanceof Uint8Array) throw new Error('a signing key must be a key pair')
  return key
}
