/**
 * `sub`: the user, as an app knows them (OpenID Connect Core section 8.1, pairwise). HMAC-SHA-256 of the
 * user's subject under the salt of the app's sector. All first-party apps share a sector; each third party has
 * its own, so two of them cannot compare their users.
 */
import { sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { fromBase64Url, toBase64Url, utf8 } from '../crypto/encoding'
import { decrypt, encrypt } from '../crypto/encrypt'
import { runBatch, type Statement } from '../db/batch'
import { type AppRow, METADATA_SECTOR, SECTOR_SALT, sectors } from '../tables/apps'
import { aadOf } from '../tables/encrypted-column'
import { appMap, forgetAppMap } from './app-map'

const SALT_BYTES = 32

/** Keys by their encrypted salts, so that a warm isolate decrypts each once. */
const keys = new Map<string, CryptoKey>()

/** 43 characters of base64url. Throws if the app's sector has no salt. */
export async function appSubject(
  deps: Deps,
  { clientId, sectorId }: Pick<AppRow, 'clientId' | 'sectorId'>,
  subject: string,
): Promise<string> {
  const key = await keyOf(deps, sectorId)
  const text = sectorId === METADATA_SECTOR ? `${clientId} ${subject}` : subject
  return toBase64Url(await crypto.subtle.sign('HMAC', key, utf8(text)))
}

async function keyOf(deps: Deps, sectorId: string): Promise<CryptoKey> {
  const encrypted = await saltOf(deps, sectorId)
  const known = keys.get(encrypted)
  if (known) return known
  const salt = await decrypt(deps.config.DATA_KEYS, aadOf(SECTOR_SALT, sectorId), encrypted)
  const bytes = fromBase64Url(salt)
  if (!bytes) throw new Error('the salt of the sector cannot be read')
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', bytes, algorithm, false, ['sign'])
  keys.set(encrypted, key)
  return key
}

/** The encrypted salt. The sector of apps with a metadata document is made when the first of them needs it. */
async function saltOf(deps: Deps, sectorId: string): Promise<string> {
  const known = (await appMap(deps)).salts.get(sectorId)
  if (known !== undefined) return known
  if (sectorId !== METADATA_SECTOR) throw new Error('the sector of the app is missing')
  await runBatch(deps, [await newSector(deps, sectorId)])
  forgetAppMap(deps)
  // Another isolate may have been first. Only what is stored counts.
  const made = (await appMap(deps)).salts.get(sectorId)
  if (made === undefined) throw new Error('the sector of the app was not stored')
  return made
}

/** Makes the sector unless there is one; for the batch that creates its app. */
export async function newSector(deps: Deps, id: string): Promise<Statement> {
  const salt = toBase64Url(crypto.getRandomValues(new Uint8Array(SALT_BYTES)))
  const encrypted = await encrypt(deps.config.DATA_KEYS, aadOf(SECTOR_SALT, id), salt)
  return sql`INSERT INTO ${sectors} (id, salt, created_at) VALUES (${id}, ${encrypted}, ${deps.now})
    ON CONFLICT DO NOTHING`
}
