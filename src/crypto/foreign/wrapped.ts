/**
 * Labels that Spring Security, Dovecot and LDAP put before a hash which already says what it is, as
 * `{bcrypt}$2a$10$...`. A label that does not fit what follows is left on, and so nothing reads it.
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
