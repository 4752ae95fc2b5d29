/** Names of unsupported hashes, so that a refusal says which kind it is about. */
const NAMES: readonly [form: RegExp, name: string][] = [
  [/^\$gatehouse-pbkdf2\$/, 'a hash of Gatehouse’s own'],
  [/^(?:argon2)?\$argon2i\$/, 'argon2i'],
  [/^(?:argon2)?\$argon2d\$/, 'argon2d'],
  [/^(?:argon2)?\$argon2id\$/, 'argon2id before version 1.3'],
  [/^\$2x\$/, 'bcrypt of PHP before 5.3.7'],
  [/^\$[PHS]\$/, 'phpass'],
  [/^\$(?:1|apr1)\$/, 'md5-crypt'],
  [/^\$5\$/, 'sha256-crypt'],
  [/^\$6\$/, 'sha512-crypt'],
  [/^\$g?y\$/, 'yescrypt'],
  [/pbkdf2/i, 'PBKDF2 of another hash or with more than 100,000 iterations'],
  [/^AQAAA/, 'PBKDF2 of another hash or with more than 100,000 iterations'],
  [/^\{noop\}/i, 'plain text'],
  [/^\{?(?:S?SHA[-\d]*|S?MD5)[}$]/i, 'salted or plain MD5 or SHA'],
  [/^[0-9a-f]{32}$/i, 'MD5'],
  [/^[0-9a-f]{40}$/i, 'SHA-1'],
  [/^[0-9a-f]{64}$/i, 'SHA-256'],
  [/^[0-9a-f]{128}$/i, 'SHA-512'],
]

/** What kind of hash this looks like. The name contains none of its text. */
export const nameOf = (stored: string): string =>
  NAMES.find(([form]) => form.test(stored))?.[1] ?? 'an unknown kind of hash'
