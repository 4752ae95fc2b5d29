/**
 * Firebase Authentication: converts `firebase auth:export` (JSON or CSV) and the project's hash
 * parameters as the console shows them, without which no hash can be verified. Formats:
 * firebase.google.com/docs/cli/auth, and src/accountExporter.ts of
 * github.com/firebase/firebase-tools.
 */
import {
  fieldsIn,
  firstName,
  idIn,
  NO_ID,
  noText,
  rolesIn,
  text,
  unread,
  unreadable,
} from './fields.ts'
import { type Converter, gathered, type Judged } from './person.ts'
import {
  type Found,
  looksLikeJson,
  readObjects,
  type Records,
  readRows,
  type SourceFile,
  together,
  UnreadableExport,
} from './source.ts'
import { dateIn, flagIn } from './typed-fields.ts'

const KNOWN_FIELDS = new Set(
  'localId email emailVerified passwordHash salt displayName photoUrl lastSignedInAt createdAt disabled customAttributes providerUserInfo'.split(
    ' ',
  ),
)
/** The CSV has no header. Its last column is empty, because each line ends with a comma. */
const COLUMNS =
  'localId email emailVerified passwordHash salt displayName photoUrl googleId googleEmail googleName googlePhoto facebookId facebookEmail facebookName facebookPhoto twitterId twitterEmail twitterName twitterPhoto githubId githubEmail githubName githubPhoto createdAt lastSignedInAt phoneNumber disabled customAttributes end'.split(
    ' ',
  )
/** In older versions of the command, the phone number is the last column. */
const LEAST_COLUMNS = 26
const PROVIDER_COLUMNS = COLUMNS.slice(7, 23)
const KNOWN = new Set([...KNOWN_FIELDS, ...PROVIDER_COLUMNS, 'end'])

export const fromFirebase: Converter = (files) => {
  const configs = files.filter(isHashConfig)
  const [config] = configs
  if (configs.length > 1) {
    throw new UnreadableExport(`${configs[1]?.name} is a second file of hash parameters`)
  }
  const prefix = config && prefixOf(config)
  const { found, leftOut } = together(files.filter((file) => !isHashConfig(file)).map(readUsers))
  const warnings =
    prefix === undefined
      ? [
          'without a file with the hash parameters (base64_signer_key ...) no password is carried over',
        ]
      : []
  return gathered(
    found.map((user) => toPerson(user, prefix)),
    leftOut,
    warnings,
  )
}

const readUsers = (file: SourceFile): Records =>
  looksLikeJson(file) ? readObjects(file, 'users') : readRows(file, COLUMNS, LEAST_COLUMNS)

/** The content of the console's dialog "Password hash parameters", as text or as JSON. */
const isHashConfig = (file: SourceFile) => /\bbase64_signer_key\b/.test(file.text.slice(0, 4096))

/** Returns the first part of the hash, which is the same for all users of a project. */
function prefixOf({ name, text: config }: SourceFile): string {
  const read = (key: string, form: string) =>
    new RegExp(`\\b${key}"?\\s*[:=]\\s*"?(${form})"?\\s*(?:[,;}\\n\\r]|$)`).exec(config)?.[1]
  const algorithm = read('algorithm', '\\w+') ?? 'SCRYPT'
  if (algorithm !== 'SCRYPT') {
    throw new UnreadableExport(`${name} is of ${algorithm}, which the command does not export`)
  }
  const [signerKey, separator] = ['base64_signer_key', 'base64_salt_separator'].map((key) =>
    read(key, '[A-Za-z0-9+/_-]+={0,2}'),
  )
  const [rounds, memory] = ['rounds', 'mem_cost'].map((key) => read(key, '\\d+'))
  const missing = Object.entries({ base64_signer_key: signerKey, rounds, mem_cost: memory })
    .filter(([, value]) => value === undefined)
    .map(([key]) => key)
  if (missing.length > 0) throw new UnreadableExport(`${name} lacks ${missing.join(', ')}`)
  const salt = separator === undefined ? '' : `,ss=${separator}`
  return `$fbscrypt$v=1,n=${memory},r=${rounds},p=1${salt},sk=${signerKey}`
}

function toPerson({ at, fields: user }: Found, prefix: string | undefined): Judged {
  const email = text(user['email'])
  const id = idIn(user['localId'])
  const disabled = flagIn(user, 'disabled', true)
  const isBlocked = disabled.value === true
  if (email === undefined) return { at, reason: 'there is no email address', id, isBlocked }
  if (id === undefined) return { at, reason: NO_ID }
  const verified = flagIn(user, 'emailVerified', false)
  const created = dateIn(user, 'createdAt')
  const claims = fieldsIn(user['customAttributes'])
  const { roles, known } = rolesIn(claims, 'role', 'roles')
  const [hash, salt] = [text(user['passwordHash']), text(user['salt'])]
  const isWhole = hash !== undefined && salt !== undefined && prefix !== undefined
  return {
    at,
    id,
    line: {
      email,
      full_name: firstName(user['displayName']),
      hashed_password: isWhole ? `${prefix}$${salt}$${hash}` : undefined,
      avatar_url: text(user['photoUrl']),
      email_verified: verified.value === true,
      is_active: !isBlocked,
      created_at: created.value,
    },
    roles,
    notes: [
      ...verified.notes,
      ...disabled.notes,
      ...created.notes,
      ...(hash !== undefined && salt === undefined
        ? ['the password is not carried over: it has no salt']
        : []),
      ...noText(user, 'passwordHash', 'salt', 'displayName', 'photoUrl'),
      ...unread('fields', user, KNOWN),
      ...unread('customAttributes', claims, known),
      ...unreadable(user, 'customAttributes'),
    ],
  }
}
