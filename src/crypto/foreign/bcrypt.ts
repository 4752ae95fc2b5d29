/**
 * bcrypt: `$2a$`, `$2b$`, `$2y$`, also after Django's `bcrypt$`. Plain bcrypt reads 72 bytes of the
 * password, so a longer one verifies with any ending. A digest of the password before bcrypt avoids
 * that: Django's `bcrypt_sha256$`, passlib's `$bcrypt-sha256$` and WordPress' `$wp$2y$` (since
 * 6.8).
 */
import { utf8 } from '../encoding'
import type { ForeignHash, HashProblem, ReadHash } from './format'

const PLAIN = /^(?:bcrypt\$)?(\$2[aby]\$\d\d\$[./A-Za-z0-9]{53})$/
const DJANGO = /^bcrypt_sha256\$(\$2[aby]\$\d\d\$[./A-Za-z0-9]{53})$/
const WORDPRESS = /^\$wp(\$2[aby]\$\d\d\$[./A-Za-z0-9]{53})$/
const PASSLIB =
  /^\$bcrypt-sha256\$(?:v=(2),t=(2[ab]),r=(\d{1,2})|(2[ab]),(\d{1,2}))\$([./A-Za-z0-9]{22})\$([./A-Za-z0-9]{31})$/

const MIN_COST = 4
/** 4,096 rounds of key setup; each further step doubles them. */
const MAX_COST = 12
/** The CPU time of that cost, measured in JavaScript on Workers. */
const MAX_COST_MS = 260
const MAX_BYTES = 72

export const readBcrypt: ReadHash = (stored) => {
  if (/^(?:bcrypt\$)?\$2[aby]\$/.test(stored)) {
    const [, hash] = PLAIN.exec(stored) ?? []
    // bcrypt repeats the password and a closing NUL up to 72 bytes. From 72 bytes on there is no
    // room for the NUL, so the password that was hashed may have been longer.
    const seesWhole = (password: string) => utf8(password).length < MAX_BYTES
    return bounded(hash, (password) => password, seesWhole)
  }
  if (stored.startsWith('bcrypt_sha256$')) return bounded(DJANGO.exec(stored)?.[1], hexSha256)
  if (stored.startsWith('$bcrypt-sha256$')) return passlib(stored)
  if (stored.startsWith('$wp$')) return wordPress(WORDPRESS.exec(stored)?.[1])
  return undefined
}

const LETTERS = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const SALT_END = 29
/** Bits in use of the last character's six: the first two in a salt, the first four in a digest. */
const SALT_BITS = 0b110000
const DIGEST_BITS = 0b111100

/**
 * The hash as bcrypt writes it: the unused bits of the last characters are 0. Some programs have
 * set them in salts. bcryptjs compares hashes as text, so no password would match.
 */
function canonical(hash: string): string {
  const [salt, digest] = [hash.slice(0, SALT_END), hash.slice(SALT_END)]
  return withBits(salt, SALT_BITS) + withBits(digest, DIGEST_BITS)
}

const withBits = (text: string, mask: number): string =>
  text.slice(0, -1) + LETTERS.charAt(LETTERS.indexOf(text.slice(-1)) & mask)

type Prepare = (password: string) => string | Promise<string>

function bounded(
  written: string | undefined,
  prepare: Prepare,
  seesWhole?: (password: string) => boolean,
): ForeignHash | HashProblem {
  const hash = written === undefined ? undefined : canonical(written)
  const cost = Number(hash?.slice(4, 6))
  if (hash === undefined || cost < MIN_COST) return 'hash_malformed'
  if (cost > MAX_COST) return 'hash_too_costly'
  return {
    costMs: MAX_COST_MS / 2 ** (MAX_COST - cost),
    async verify(password) {
      const { compare } = await import('bcryptjs')
      return compare(await prepare(password), hash)
    },
    ...(seesWhole && { seesWhole }),
  }
}

/**
 * passlib.hash.bcrypt_sha256. Version 1 takes a plain SHA-256, version 2 an HMAC keyed with the
 * characters of the salt.
 */
function passlib(stored: string): ForeignHash | HashProblem {
  const [, version, ident2, rounds2, ident1, rounds1, salt = '', digest = ''] =
    PASSLIB.exec(stored) ?? []
  const ident = ident2 ?? ident1
  const cost = (rounds2 ?? rounds1 ?? '').padStart(2, '0')
  const hash = ident === undefined ? undefined : `$${ident}$${cost}$${salt}${digest}`
  return bounded(hash, async (password) => {
    const bytes =
      version === undefined
        ? new Uint8Array(await crypto.subtle.digest('SHA-256', utf8(password)))
        : await hmac('SHA-256', withBits(salt, SALT_BITS), password)
    return bytes.toBase64()
  })
}

/**
 * wp_hash_password (wordpress-develop, src/wp-includes/pluggable.php) trims the password. WordPress
 * calls it with a backslash before each quote and backslash, as its request variables contain them.
 */
function wordPress(hash: string | undefined): ForeignHash | HashProblem {
  const inner = bounded(hash, async (text) => (await hmac('SHA-384', 'wp-sha384', text)).toBase64())
  if (typeof inner === 'string') return inner
  return {
    costMs: inner.costMs,
    async verify(password) {
      const trimmed = trimAsPhp(password)
      // WordPress takes spaces alone for the empty password.
      if (trimmed === '' && password !== '') return false
      const slashed = withSlashes(trimmed)
      return (await inner.verify(slashed)) || (slashed !== trimmed && inner.verify(trimmed))
    },
    seesWhole: (password) => withSlashes(trimAsPhp(password)) === password,
  }
}

const trimAsPhp = (text: string): string => text.replace(/^[ \n\r\t\v\0]+|[ \n\r\t\v\0]+$/g, '')
const withSlashes = (text: string): string => text.replace(/['"\\]/g, String.raw`\$&`)

const hexSha256 = async (text: string): Promise<string> =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', utf8(text))).toHex()

async function hmac(hash: string, keyText: string, message: string): Promise<Uint8Array> {
  const algorithm = { name: 'HMAC', hash }
  const key = await crypto.subtle.importKey('raw', utf8(keyText), algorithm, false, ['sign'])
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, utf8(message)))
}
