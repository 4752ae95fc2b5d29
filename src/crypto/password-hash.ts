/**
 * Password hashing at the strength that OWASP recommends, on a platform that rejects more than
 * 100,000 PBKDF2 iterations in a call: PBKDF2-HMAC-SHA-256 in chained rounds of 100,000, where the
 * output of each round is the key of the next, over a pepper (HMAC of the password under a key of
 * DATA_KEYS).
 * Stored form, PHC-like: `$gatehouse-pbkdf2$r=6,i=100000,k=<pepper key id>$<salt>$<hash>`.
 * Source: OWASP Password Storage Cheat Sheet (600,000 iterations), NIST SP 800-63B 5.1.1.2
 * (pepper).
 */
import { fromBase64Url, sameBytes, toBase64Url, utf8 } from './encoding'
import type { KeyRing } from './key-ring'

/** The platform's limit for one call. */
const ITERATIONS = 100_000
const SALT_BYTES = 16
const HASH_BYTES = 32
const MAX_ROUNDS = 20

export interface HashSettings {
  readonly rounds: number
  readonly keys: KeyRing
}

/**
 * NFC, so that the same characters give the same bytes (NIST SP 800-63B-4 section 3.1.1.2). Spaces
 * at the ends stay.
 */
export const normalizePassword = (text: string): string => text.normalize('NFC')

/**
 * Whether a text may be compared with a hash. The empty password may not: other systems stored its
 * hash for users who never chose one (Supabase did for social sign-ups until November 2023).
 * Neither may a text with a NUL: HMAC and bcrypt pad with NULs, so they cannot tell a text of NULs
 * from the empty password.
 */
export const isPassword = (text: string): boolean => text !== '' && !text.includes('\0')

/** Hashes a normalized password with the newest pepper. Costs about 15 ms of CPU per round. */
export async function hashPassword(settings: HashSettings, password: string): Promise<string> {
  const keyId = settings.keys.ids[0]
  const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES))
  const hash = await derive(settings.keys, { rounds: settings.rounds, keyId, salt }, password)
  if (!hash) throw new Error('the newest pepper key must exist')
  return `${prefix(settings.rounds, keyId)}$${toBase64Url(salt)}$${toBase64Url(hash)}`
}

/**
 * True only for the correct password; false for a malformed hash or an unknown pepper key. Costs as
 * much as `spendHash`, even if the hash has fewer rounds than are configured now.
 */
export async function verifyPassword(
  settings: HashSettings,
  stored: string,
  password: string,
): Promise<boolean> {
  const parsed = parse(stored)
  const hash = parsed && (await derive(settings.keys, parsed, password))
  const missing = settings.rounds - (hash ? parsed.rounds : 0)
  if (missing > 0) await spendHash({ ...settings, rounds: missing }, password)
  return hash ? sameBytes(hash, parsed.hash) : false
}

/** Does the work of one verification, so that an unknown address takes as long as a known one. */
export async function spendHash(settings: HashSettings, password: string): Promise<void> {
  const salt = new Uint8Array(SALT_BYTES)
  await derive(
    settings.keys,
    { rounds: settings.rounds, keyId: settings.keys.ids[0], salt },
    password,
  )
}

/** True if hashPassword would now use another scheme, other rounds or another pepper. */
export const needsRehash = (settings: HashSettings, stored: string): boolean =>
  !stored.startsWith(`${prefix(settings.rounds, settings.keys.ids[0])}$`)

const SCHEME = '$gatehouse-pbkdf2$'

/** Whether a stored hash is one of ours, with whatever rounds and pepper. */
export const isOwnHash = (stored: string): boolean => stored.startsWith(SCHEME)

const prefix = (rounds: number, keyId: string) => `${SCHEME}r=${rounds},i=${ITERATIONS},k=${keyId}`

interface Parameters {
  rounds: number
  keyId: string
  salt: Uint8Array
}

const STORED =
  /^\$gatehouse-pbkdf2\$r=(\d{1,2}),i=100000,k=([A-Za-z0-9]{1,16})\$([\w-]{22})\$([\w-]{43})$/

function parse(stored: string): (Parameters & { hash: Uint8Array }) | undefined {
  const [, rounds, keyId, saltText, hashText] = STORED.exec(stored) ?? []
  if (!rounds || !keyId || !saltText || !hashText) return undefined
  const salt = fromBase64Url(saltText)
  const hash = fromBase64Url(hashText)
  if (!salt || !hash || Number(rounds) < 1 || Number(rounds) > MAX_ROUNDS) return undefined
  return { rounds: Number(rounds), keyId, salt, hash }
}

async function derive(keys: KeyRing, parameters: Parameters, password: string) {
  const pepper = await keys.hmac(parameters.keyId, 'password-pepper')
  if (!pepper) return undefined
  let material = new Uint8Array(await crypto.subtle.sign('HMAC', pepper, utf8(password)))
  for (let round = 0; round < parameters.rounds; round++) {
    const key = await crypto.subtle.importKey('raw', material, 'PBKDF2', false, ['deriveBits'])
    material = new Uint8Array(
      await crypto.subtle.deriveBits(
        { name: 'PBKDF2', hash: 'SHA-256', salt: parameters.salt, iterations: ITERATIONS },
        key,
        HASH_BYTES * 8,
      ),
    )
  }
  return material
}
