/**
 * argon2id as a PHC string (RFC 9106, version 1.3), optionally after Django's `argon2`. WebAssembly
 * is loaded at the first such hash, and one instance is kept, because instances are not
 * garbage-collected in time. Its memory never shrinks, so it may take at most half of an isolate's.
 */
import { utf8 } from '../encoding'
import { decodeBase64, isDigest, type ReadHash } from './format'

/** The library refuses numbers with leading zeros, as the PHC string format does. */
const FORM =
  /^(?:argon2)?(\$argon2id\$v=19\$m=([1-9]\d{0,8}),t=([1-9]\d{0,5}),p=([1-9]\d{0,2}))\$([A-Za-z0-9+/]+={0,2})\$([A-Za-z0-9+/]+={0,2})$/
const MAX_MEMORY_KIB = 65_536
/** Memory times passes, which is the work done. */
const MAX_KIB_PASSES = 4 * MAX_MEMORY_KIB
/** The CPU time of that much work. */
const MAX_COST_MS = 200
const MAX_LANES = 16
const MIN_SALT_BYTES = 8

export const readArgon2: ReadHash = (stored) => {
  if (!/^(?:argon2)?\$argon2/.test(stored)) return undefined
  if (!/^(?:argon2)?\$argon2id\$v=19\$/.test(stored)) return 'hash_unsupported'
  const [, head, memory, passes, lanes, saltText = '', digestText = ''] = FORM.exec(stored) ?? []
  const salt = decodeBase64(saltText)
  const [m, t, p] = [Number(memory), Number(passes), Number(lanes)]
  const isSound = m >= 8 * p && isDigest(decodeBase64(digestText))
  if (head === undefined || !isSound || !salt || salt.length < MIN_SALT_BYTES)
    return 'hash_malformed'
  if (m > MAX_MEMORY_KIB || m * t > MAX_KIB_PASSES || p > MAX_LANES) return 'hash_too_costly'
  // The library reads only the base64 of the PHC format, which has no padding.
  const phc = [head, saltText, digestText].map((part) => part.replace(/=+$/, '')).join('$')
  return {
    costMs: (MAX_COST_MS * m * t) / MAX_KIB_PASSES,
    verify: (password) => verify(phc, password),
  }
}

interface Engine {
  tryVerify(encoded: string, password: string): { success: boolean; error?: string }
}
/** Not a promise: if a cancelled request left it unsettled, all later requests would hang. */
let engine: Engine | undefined

const MISMATCH = 'The password does not match the supplied hash'

async function verify(phc: string, password: string): Promise<boolean> {
  const [library, wasm] = await Promise.all([
    import('@phi-ag/argon2'),
    import('@phi-ag/argon2/argon2.wasm'),
  ])
  engine ??= new library.default(new WebAssembly.Instance(wasm.default))
  const result = engine.tryVerify(phc, padToByteLength(password))
  if (result.success) return true
  if (result.error === MISMATCH) return false
  throw new Error(result.error)
}

/**
 * The library passes the password's length in UTF-16 units instead of bytes, which cuts off the end
 * of `pässword`. NULs after the password make the two lengths equal, and are not read themselves.
 */
const padToByteLength = (password: string): string =>
  password + '\0'.repeat(utf8(password).length - password.length)
