import type { Config } from '../config'
import type { HashSettings } from '../crypto/password-hash'

/** How passwords are hashed here and now. */
export const hashSettings = (config: Config): HashSettings => ({
  rounds: config.PASSWORD_HASH_ROUNDS,
  keys: config.DATA_KEYS,
})
