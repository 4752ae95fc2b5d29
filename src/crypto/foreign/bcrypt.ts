/**
 * bcrypt: `$2a$`, `$2b$`, `$2y$`, Django's `bcrypt$` before it, and Django's `bcrypt_sha256$`, where
 * bcrypt sees the hex SHA-256 of the password. Plain bcrypt hashes the first 72 bytes only, so a
 * longer password verifies with any ending: one more reason to replace the hash at once.
 */
import { utf8 } from '../encoding'
import type { ReadHash } from './format'

const FORM = /^(?:bcrypt(_sha256)?\$)?(\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53})$/
const MIN_COST = 4
/** 4,096 rounds of key set-up, about 260 ms in JavaScript; each step more doubles it. */
const MAX_COST = 12

export const readBcrypt: ReadHash = (stored) => {
  if (!/^(?:bcrypt(?:_sha256)?\$)?\$2[aby]\$/.test(stored)) return undefined
  const [, isSha256, hash, costText] = FORM.exec(stored) ?? []
  const cost = Number(costText)
  if (hash === undefined || cost < MIN_COST) return 'hash_malformed'
  if (cost > MAX_COST) return 'hash_too_costly'
  return {
    async verify(password) {
      const { compare } = await import('bcryptjs')
      return compare(isSha256 ? await hexSha256(password) : password, hash)
    },
  }
}

const hexSha256 = async (text: string): Promise<string> =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', utf8(text))).toHex()
