/**
 * Labels that Spring Security, Dovecot and LDAP put before a hash that already names its format,
 * such as `{bcrypt}$2a$10$...`. A label that does not match the hash stays, so that no reader
 * accepts the hash.
 */
const WRAPPED: readonly [label: RegExp, rest: RegExp][] = [
  [/^\{(?:bcrypt|blf-crypt|crypt)\}/i, /^\$2[aby]\$/],
  [/^\{argon2(?:id)?(?:@SpringSecurity_v5_8)?\}/i, /^\$argon2/],
  [/^\{scrypt(?:@SpringSecurity_v5_8)?\}/i, /^\$(?:scrypt|[0-9a-f]{5,6})\$/],
]

export function unwrapped(stored: string): string {
  for (const [label, rest] of WRAPPED) {
    const bare = stored.replace(label, '')
    if (bare !== stored && rest.test(bare)) return bare
  }
  return stored
}
