/**
 * ES256 key pairs that sign access tokens. They live in D1 (private part encrypted and bound to its
 * row), are made on first need by whoever needs one first, and are kept in isolate memory. A key is
 * published longer than any cache before it signs, and until the last token it signed has expired.
 */
import { and, desc, gt, sql } from 'drizzle-orm'
import { exportJWK, generateKeyPair, importJWK, type JWK } from 'jose'
import type { Deps } from '../context'
import { randomId } from '../crypto/encoding'
import { keyIdOf, lock, unlock } from '../crypto/secret-box'
import { signingKeys } from './schema'

export const SIGNING_ALGORITHM = 'ES256'
/** How long isolates and, by JWKS's cache header, other verifiers may go without looking again. */
export const KEY_CACHE_MS = 5 * 60_000
const UNKNOWN_KID_RELOAD_MS = 10_000
const SIGNING_PERIOD_MS = 30 * 86_400_000

export interface KeySet {
  readonly loadedAt: number
  readonly verifying: ReadonlyMap<string, CryptoKey>
  readonly published: readonly JWK[]
  readonly signing: { kid: string; key: CryptoKey; signsUntil: number } | undefined
}

// The value, not the promise: one request's unfinished read must not hold up another's.
const cache = new WeakMap<Env, KeySet>()
const lastSearch = new WeakMap<Env, number>()

/** The keys in force, from memory when they are at most five minutes old. */
export async function keySet(deps: Deps): Promise<KeySet> {
  const known = cache.get(deps.env)
  return known && deps.now - known.loadedAt < KEY_CACHE_MS ? known : reload(deps)
}

/** The key for a token's `kid`; an unknown one makes the isolate look again, at most once in 10 s. */
export async function verifyingKey(deps: Deps, kid: string): Promise<CryptoKey | undefined> {
  const known = await keySet(deps)
  const key = known.verifying.get(kid)
  const searchedAt = Math.max(known.loadedAt, lastSearch.get(deps.env) ?? 0)
  if (key || deps.now - searchedAt < UNKNOWN_KID_RELOAD_MS) return key
  lastSearch.set(deps.env, deps.now)
  return (await reload(deps)).verifying.get(kid)
}

/** The key that signs now, made if there is none. */
export async function signingKey(deps: Deps): Promise<{ kid: string; key: CryptoKey }> {
  const known = await keySet(deps)
  if (known.signing && known.signing.signsUntil > deps.now) return known.signing
  await makeSigningKey(deps, deps.now)
  const { signing } = await reload(deps)
  if (!signing) throw new Error('no signing key could be made')
  return signing
}

/** The public keys, for JWKS. There is always one, so that verifiers can start before anyone signs in. */
export async function publishedKeys(deps: Deps): Promise<readonly JWK[]> {
  await signingKey(deps)
  return (await keySet(deps)).published
}

/**
 * Makes a key that signs from an instant on, unless one that will has been made already: two isolates
 * in need at once end with one key, for D1 runs one statement after the other. True when it did.
 */
export async function makeSigningKey(deps: Deps, signsFrom: number): Promise<boolean> {
  const pair = await generateKeyPair(SIGNING_ALGORITHM, { extractable: true })
  const kid = randomId()
  const publicJwk = {
    ...(await exportJWK(pair.publicKey)),
    kid,
    alg: SIGNING_ALGORITHM,
    use: 'sig',
  }
  const privateJwk = JSON.stringify(await exportJWK(pair.privateKey))
  const privateKey = await lock(
    deps.config.DATA_KEYS,
    `signing_keys.private_key/${kid}`,
    privateJwk,
  )
  const signsUntil = signsFrom + SIGNING_PERIOD_MS
  const publishedUntil = signsUntil + deps.config.ACCESS_TOKEN_TTL_SECONDS * 1000 + KEY_CACHE_MS
  const made = await deps.db.all(sql`
    INSERT INTO ${signingKeys} (kid, public_jwk, private_key, created_at, signs_from, signs_until, published_until)
    SELECT ${kid}, ${JSON.stringify(publicJwk)}, ${privateKey}, ${deps.now}, ${signsFrom}, ${signsUntil}, ${publishedUntil}
    WHERE NOT EXISTS (SELECT 1 FROM ${signingKeys} WHERE signs_from <= ${signsFrom} AND signs_until > ${signsFrom}
      AND substr(private_key, 1, instr(private_key, '.') - 1) IN (SELECT value FROM json_each(${JSON.stringify(deps.config.DATA_KEYS.ids)})))
    RETURNING 1`)
  return made.length > 0
}

async function reload(deps: Deps): Promise<KeySet> {
  const loaded = await load(deps)
  cache.set(deps.env, loaded)
  return loaded
}

async function load(deps: Deps): Promise<KeySet> {
  const rows = await deps.db
    .select()
    .from(signingKeys)
    .where(and(gt(signingKeys.publishedUntil, deps.now)))
    .orderBy(desc(signingKeys.signsFrom))
  const verifying = new Map<string, CryptoKey>()
  const published: JWK[] = []
  for (const row of rows) {
    const jwk = JSON.parse(row.publicJwk) as JWK
    published.push(jwk)
    verifying.set(row.kid, await importKey(jwk))
  }
  // One whose data key has been dropped still verifies, but signs no more.
  const current = rows.find(
    (row) =>
      row.signsFrom <= deps.now &&
      row.signsUntil > deps.now &&
      deps.config.DATA_KEYS.has(keyIdOf(row.privateKey)),
  )
  return {
    loadedAt: deps.now,
    verifying,
    published,
    signing: current && {
      kid: current.kid,
      signsUntil: current.signsUntil,
      key: await importKey(
        JSON.parse(
          await unlock(
            deps.config.DATA_KEYS,
            `signing_keys.private_key/${current.kid}`,
            current.privateKey,
          ),
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
