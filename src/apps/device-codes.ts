/**
 * User codes of devices (RFC 8628 section 6.1): eight letters that make no words, as XXXX-XXXX. They have 34 bits, few
 * enough to try all against a stolen hash, so they are stored keyed. Guesses at the page are counted.
 */
import { toBase64Url, utf8 } from '../crypto/encoding'
import type { KeyRing } from '../crypto/key-ring'

const LETTERS = 'BCDFGHJKLMNPQRSTVWXZ'
const LENGTH = 8
/** The largest multiple of the number of letters in a byte: what is above would favour the first ones. */
const FAIR = 256 - (256 % LETTERS.length)
const CODE = new RegExp(`^[${LETTERS}]{${LENGTH}}$`)
const MAX_TYPED_CHARS = 100
const USE = 'device-user-code'

export function newUserCode(): string {
  let code = ''
  while (code.length < LENGTH) {
    const bytes = crypto.getRandomValues(new Uint8Array(LENGTH))
    for (const byte of bytes) if (byte < FAIR) code += LETTERS[byte % LETTERS.length]
  }
  return shownUserCode(code.slice(0, LENGTH))
}

const shownUserCode = (letters: string): string => `${letters.slice(0, 4)}-${letters.slice(4)}`

/** As it was shown, from what a user typed: in any case, with or without separators. Undefined if it is none. */
export function readUserCode(typed: string): string | undefined {
  if (typed.length > MAX_TYPED_CHARS) return undefined
  const letters = typed
    .normalize('NFKC')
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]/g, '')
  return CODE.test(letters) ? shownUserCode(letters) : undefined
}

/** How a code is stored: under the newest key. */
export async function userCodeHash(keys: KeyRing, code: string): Promise<string> {
  return hashUnder(keys, keys.ids[0], code)
}

/** How it may be stored: a key may have been added since. */
export const userCodeHashes = (keys: KeyRing, code: string): Promise<string[]> =>
  Promise.all(keys.ids.map((id) => hashUnder(keys, id, code)))

async function hashUnder(keys: KeyRing, id: string, code: string): Promise<string> {
  const key = await keys.hmac(id, USE)
  if (!key) throw new Error('the key of the ring must exist')
  return toBase64Url(await crypto.subtle.sign('HMAC', key, utf8(code)))
}

/** In place of a redirect URI: the code is good for this device only. */
export const deviceBinding = (id: string): string => `device ${id}`

/**
 * How long a request that decides about a device, or redeems its code, keeps others from doing so. Longer than any
 * request takes: a Worker that died releases its claim this way.
 */
export const CLAIM_MS = 90_000
