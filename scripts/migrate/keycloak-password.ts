/**
 * Converts Keycloak's password credential to a PHC string. It has two parts, which are JSON inside
 * JSON: credentialData has the algorithm, iterations and parameters, secretData the digest and salt
 * in base64. (Keycloak pads short passwords with NULs before PBKDF2, which HMAC does to every key
 * anyway.)
 */
import { fieldsIn, text, texts } from './fields.ts'
import type { Fields } from './source.ts'
import { flagIn } from './typed-fields.ts'

const PBKDF2 = new Map([
  ['pbkdf2', 'sha1'],
  ['pbkdf2-sha256', 'sha256'],
  ['pbkdf2-sha512', 'sha512'],
])
/** Argon2's versions, as Keycloak and PHC strings write them. */
const ARGON2_VERSIONS = new Map([
  ['1.0', 16],
  ['1.3', 19],
])

export interface Password {
  readonly hash?: string
  /**
   * Keycloak makes a user change such a password at the next sign-in, because somebody else set it.
   */
  readonly isTemporary?: boolean
  readonly notes: readonly string[]
}

export function fromKeycloakPassword(credentials: readonly Fields[]): Password {
  const [credential, ...others] = credentials.filter(({ type }) => type === 'password')
  if (!credential) return { notes: [] }
  const temporary = flagIn(credential, 'temporary', true)
  const told = [
    ...temporary.notes,
    ...(others.length > 0 ? ['a second password is not carried over'] : []),
  ]
  const data = fieldsIn(credential['credentialData'])
  const secret = fieldsIn(credential['secretData'])
  const [digest, salt] = [text(secret['value']), text(secret['salt'])]
  const algorithm = text(data['algorithm']) ?? 'unknown'
  const hash = digest && salt ? phc(algorithm, data, salt, digest) : undefined
  if (hash !== undefined) return { hash, isTemporary: temporary.value === true, notes: told }
  const why = digest && salt ? `${algorithm} cannot be verified here` : 'it has no digest or salt'
  return { notes: [...told, `the password is not carried over: ${why}`] }
}

function phc(algorithm: string, data: Fields, salt: string, digest: string): string | undefined {
  const iterations = Number(data['hashIterations'])
  const hash = PBKDF2.get(algorithm)
  if (hash !== undefined) return `$pbkdf2-${hash}$i=${iterations}$${salt}$${digest}`
  if (algorithm !== 'argon2') return undefined
  const parameters = fieldsIn(data['additionalParameters'])
  const [type, version, memory, lanes] = ['type', 'version', 'memory', 'parallelism'].map(
    (name) => texts(parameters[name])[0] ?? '',
  )
  const costs = `m=${memory},t=${iterations},p=${lanes}`
  const bare = (base64: string) => base64.replace(/=+$/, '')
  return `$argon2${type}$v=${ARGON2_VERSIONS.get(version ?? '')}$${costs}$${bare(salt)}$${bare(digest)}`
}
