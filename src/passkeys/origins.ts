import type { Config } from '../config'

/** The origins whose pages may use these passkeys (W3C WebAuthn Level 3, section 5.11). */
export const originsOf = ({ PUBLIC_URL, PASSKEY_ORIGINS }: Config): string[] => [
  PUBLIC_URL,
  ...PASSKEY_ORIGINS,
]
