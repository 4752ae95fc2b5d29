import type { Config } from '../config'
import type { HashSettings } from '../crypto/password-hash'

/** The settings for hashing passwords, from the configuration. */
export const hashSettings = (config: Config): HashSettings => ({
  rounds: config.PASSWORD_HASH_ROUNDS,
  keys: config.DATA_KEYS,
})
