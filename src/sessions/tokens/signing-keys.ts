/**
 * ES256 key pairs that sign access tokens. They are stored in D1, the private key encrypted and bound
 * to its row, and cached in the isolate. The first request that needs one makes it. A key is published
 * for longer than any cache lasts before it signs, and until the last token that it signed has expired.
 * Ages are compared as absolute values, so that setting the clock back prolongs no cache.
 */
import { and, desc, gt, lte, type SQL, sql } from 'drizzle-orm'
import { exportJWK, generateKeyPair, importJWK, type JWK } from 'jose'
import type { Deps } from '../../context'
import { randomId } from '../../crypto/encoding'
import { decrypt, encrypt, keyIdOf } from '../../crypto/encrypt'
import { aadOf } from '../../tables/encrypted-column'
import { PRIVATE_KEY, signingKeys } from '../../tables/sessions'

export const SIGNING_ALGORITHM = 'ES256'
/** How long isolates cache the keys, and other verifiers too, by the cache header of JWKS. */
export const KEY_CACHE_MS = 5 * 60_000
const UNKNOWN_KID_RELOAD_MS = 10_000
/** How long before its start a key may sign, as the clocks of two hosts differ. */
const CLOCK_LEEWAY_MS = 60_000
const DAY_MS = 86_400_000
const SIGNING_PERIOD_MS = 30 * DAY_MS
/** How long a key is published before it signs: longer than any cache lasts. */
export const PUBLISHED_AHEAD_MS = 3 * DAY_MS

/**
 * The latest start that a key can have, with a day to spare. A key that starts later was made while the
 * clock was ahead. It is neither used nor published, and rotation deletes it.
 */
export const latestStart = (now: number): number => now + PUBLISHED_AHEAD_MS + DAY_MS

export interface KeySet {
  readonly loadedAt: number
  readonly verifying: ReadonlyMap<string, CryptoKey>
  readonly published: readonly JWK[]
  readonly signing:
    | { kid: string; key: CryptoKey; signsFrom: number; signsUntil: number }
    | undefined
}

// Caches the value, not the promise: a request must not wait for I/O of another request.
const cache = new WeakMap<Env, KeySet>()
const lastSearch = new WeakMap<Env, number>()

/** The current keys, from the cache when it is at most five minutes old. */
export async function keySet(deps: Deps): Promise<KeySet> {
  const known = cache.get(deps.env)
  return known && Math.abs(deps.now - known.loadedAt) < KEY_CACHE_MS ? known : reload(deps)
}

/** The key of a token's `kid`. For an unknown one D1 is read again, at most once in 10 s. */
export async function verifyingKey(deps: Deps, kid: string): Promise<CryptoKey | undefined> {
  const known = await keySet(deps)
  const key = known.verifying.get(kid)
  const searches = [known.loadedAt, lastSearch.get(deps.env) ?? 0]
  const hasJustLooked = searches.some((at) => Math.abs(deps.now - at) < UNKNOWN_KID_RELOAD_MS)
  if (key || hasJustLooked) return key
  lastSearch.set(deps.env, deps.now)
  return (await reload(deps)).verifying.get(kid)
}

/** The key that signs now. Makes one if there is none. */
export async function signingKey(deps: Deps): Promise<{ kid: string; key: CryptoKey }> {
  const { signing: known } = await keySet(deps)
  if (known && signsAt(known, deps.now)) return known
  await makeSigningKey(deps, deps.now)
  const { signing } = await reload(deps)
  if (!signing) throw new Error('no signing key could be made')
  return signing
}

/** The public keys, for JWKS. Never empty, so that verifiers can start before anyone signs in. */
export async function publishedKeys(deps: Deps): Promise<readonly JWK[]> {
  await signingKey(deps)
  return (await keySet(deps)).published
}

/**
 * Makes a key that signs from an instant on, unless there is one already; true if it did. Two isolates
 * that need one at the same time end up with one key, as D1 runs statements one after the other.
 */
export async function makeSigningKey(deps: Deps, signsFrom: number): Promise<boolean> {
  const none = sql`NOT EXISTS (SELECT 1 FROM ${signingKeys} WHERE signs_from <= ${signsFrom + CLOCK_LEEWAY_MS} AND signs_until > ${signsFrom}
    AND substr(private_key, 1, instr(private_key, '.') - 1) IN (SELECT value FROM json_each(${JSON.stringify(deps.config.DATA_KEYS.ids)})))`
  const made = await deps.db.all(await freshKey(deps, signsFrom, none))
  return made.length > 0
}

/** Statements that replace all keys by a new one, for the batch that retires them. */
export async function replaceSigningKeys(deps: Deps): Promise<{ kid: string; statements: SQL[] }> {
  const kid = randomId()
  const made = await freshKey(deps, deps.now, sql`1`, kid)
  return { kid, statements: [sql`DELETE FROM ${signingKeys}`, made] }
}

/** Makes this isolate read the keys again. Others do so within five minutes. */
export const forgetKeys = (deps: Deps): boolean => cache.delete(deps.env)

async function freshKey(
  deps: Deps,
  signsFrom: number,
  onlyIf: SQL,
  kid = randomId(),
): Promise<SQL> {
  const pair = await generateKeyPair(SIGNING_ALGORITHM, { extractable: true })
  const publicJwk = {
    ...(await exportJWK(pair.publicKey)),
    kid,
    alg: SIGNING_ALGORITHM,
    use: 'sig',
  }
  const privateJwk = JSON.stringify(await exportJWK(pair.privateKey))
  const privateKey = await encrypt(deps.config.DATA_KEYS, aadOf(PRIVATE_KEY, kid), privateJwk)
  const signsUntil = signsFrom + SIGNING_PERIOD_MS
  const publishedUntil = signsUntil + deps.config.ACCESS_TOKEN_TTL_SECONDS * 1000 + KEY_CACHE_MS
  return sql`
    INSERT INTO ${signingKeys} (kid, public_jwk, private_key, created_at, signs_from, signs_until, published_until)
    SELECT ${kid}, ${JSON.stringify(publicJwk)}, ${privateKey}, ${deps.now}, ${signsFrom}, ${signsUntil}, ${publishedUntil}
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
    .where(
      and(
        gt(signingKeys.publishedUntil, deps.now),
        lte(signingKeys.signsFrom, latestStart(deps.now)),
      ),
    )
    .orderBy(desc(signingKeys.signsFrom))
  const verifying = new Map<string, CryptoKey>()
  const published: JWK[] = []
  for (const row of rows) {
    const jwk = JSON.parse(row.publicJwk) as JWK
    published.push(jwk)
    verifying.set(row.kid, await importKey(jwk))
  }
  // A key whose DATA_KEYS entry was removed cannot be decrypted. It still verifies, but cannot sign.
  const current = rows.find(
    (row) => signsAt(row, deps.now) && deps.config.DATA_KEYS.has(keyIdOf(row.privateKey)),
  )
  return {
    loadedAt: deps.now,
    verifying,
    published,
    signing: current && {
      kid: current.kid,
      signsFrom: current.signsFrom,
      signsUntil: current.signsUntil,
      key: await importKey(
        JSON.parse(
          await decrypt(deps.config.DATA_KEYS, aadOf(PRIVATE_KEY, current.kid), current.privateKey),
        ) as JWK,
      ),
    },
  }
}

async function importKey(jwk: JWK): Promise<CryptoKey> {
  const key = await importJWK(jwk, SIGNING_ALGORITHM)
  if (key instanceof Uint8Array) throw new Error('a signing key must be an EC key')
  return key
}
