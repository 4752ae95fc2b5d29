/**
 * better-auth: converts its tables `user` and `account`, each as JSON, as CSV or in a dump of
 * pg_dump, or both in one JSON object. Columns: better-auth.com/docs/concepts/database, and the
 * plugins admin, anonymous, two-factor and username; also in snake_case, as some ORMs name them.
 * Passwords are in `account` (packages/better-auth/src/crypto/password.ts): scrypt, which the
 * import accepts as it is.
 */
import { firstName, idIn, isEmpty, NO_ID, noText, text, textsIn, unread } from './fields.ts'
import { type Converter, gathered, type Judged } from './person.ts'
import { hasTable, isDump, readDump } from './pg-dump.ts'
import {
  type Fields,
  type Found,
  isFields,
  type LeftOut,
  looksLikeJson,
  readCsv,
  readJson,
  readList,
  readObjects,
  type Records,
  type SourceFile,
  together,
  UnreadableExport,
} from './source.ts'
import { banIn, dateIn, flagIn } from './typed-fields.ts'

const KNOWN_FIELDS = new Set(
  'id _id name email emailVerified image createdAt updatedAt role banned banExpires isAnonymous twoFactorEnabled lastLoginMethod'.split(
    ' ',
  ),
)
const TABLES = ['user', 'users', 'account', 'accounts']
/** Every user here has the role `user` automatically. */
const DEFAULT_ROLE = 'user'

export const fromBetterAuth: Converter = (files, now) => {
  const { found, leftOut } = together(files.map(readTables))
  const rows = found.map(inCamelCase)
  const accounts = rows.filter(({ fields }) => 'providerId' in fields && 'userId' in fields)
  const users = rows.filter(({ fields }) => !('providerId' in fields) && 'email' in fields)
  const known = new Set([...accounts, ...users])
  const strays = rows
    .filter((row) => !known.has(row))
    .map(({ at }) => ({ at, reason: 'it is neither a user nor an account' }))
  if (users.length === 0 && accounts.length > 0) {
    throw new UnreadableExport('The table user is missing: only accounts were given')
  }
  const { passwords, lost } = passwordsOf(accounts, users)
  const warnings =
    accounts.length === 0 ? ['without the table account no password is carried over'] : []
  return gathered(
    users.map((user) => toPerson(user, passwords, now)),
    [...leftOut, ...strays, ...lost],
    warnings,
  )
}

function readTables(file: SourceFile): Records {
  if (isDump(file)) {
    const tables = TABLES.map((table) => `public.${table}`).filter((table) => hasTable(file, table))
    // If there is neither, readDump reports what it looked for.
    return together((tables[0] ? tables : ['public.user']).map((table) => readDump(file, table)))
  }
  if (!looksLikeJson(file)) return readCsv(file, 'id')
  const whole = jsonOrUndefined(file)
  // The output of `wrangler d1 execute --json`: a list of results with their rows.
  const answers = (Array.isArray(whole) ? whole : [whole])
    .filter(isFields)
    .filter((answer) => !('email' in answer))
  const lists = answers.flatMap((answer) =>
    ['results', ...TABLES].flatMap((key) =>
      Array.isArray(answer[key]) ? readList(`${file.name}:${key}`, answer[key]) : [],
    ),
  )
  return lists.length > 0 ? together(lists) : readObjects(file)
}

function jsonOrUndefined(file: SourceFile): unknown {
  try {
    return readJson(file)
  } catch {
    // A file with one object per line.
    return undefined
  }
}

/**
 * Throws UnreadableExport if two columns get the same name, since we cannot tell which one is
 * right.
 */
function inCamelCase({ at, fields }: Found): Found {
  const renamed = new Map<string, string>()
  for (const name of Object.keys(fields)) {
    const camel = name.replace(/(?<!^)_([a-z])/g, (_, letter: string) => letter.toUpperCase())
    const other = renamed.get(camel)
    if (other !== undefined) throw new UnreadableExport(`${at} has both ${other} and ${name}`)
    renamed.set(camel, name)
  }
  return {
    at,
    fields: Object.fromEntries([...renamed].map(([camel, name]) => [camel, fields[name]])),
  }
}

/** MongoDB calls it `_id`. */
const idOf = (user: Fields): string | undefined => idIn(user['id'] ?? user['_id'])

/** Returns each user's password, and reports accounts that belong to no user of the export. */
function passwordsOf(accounts: readonly Found[], users: readonly Found[]) {
  const addresses = new Map<string, Set<string | undefined>>()
  for (const { fields } of users) {
    const id = idOf(fields)
    const email = text(fields['email'])?.toLowerCase()
    if (id !== undefined) addresses.set(id, (addresses.get(id) ?? new Set()).add(email))
  }
  const passwords = new Map<string, { at: string; password: string }[]>()
  const lost: LeftOut[] = []
  for (const { at, fields } of accounts) {
    lost.push(...noText(fields, 'password').map((reason) => ({ at, reason })))
    const owner = idIn(fields['userId'])
    const isOwn = fields['providerId'] === 'credential'
    const password = isOwn ? text(fields['password']) : undefined
    if (!isOwn && !isEmpty(fields['password'])) {
      lost.push({ at, reason: 'a password of an account that is not of the provider credential' })
    }
    const owners = addresses.get(owner ?? '')
    if (owner === undefined) lost.push({ at, reason: 'the id of its user cannot be read' })
    else if (!owners) lost.push({ at, reason: 'an account of a user who is not in the export' })
    else if (password !== undefined && owners.size > 1) {
      // The password may belong to any of these users.
      lost.push({ at, reason: 'a password of an id that occurs with several addresses' })
    } else if (password !== undefined) {
      passwords.set(owner, [...(passwords.get(owner) ?? []), { at, password }])
    }
  }
  const several = [...passwords].filter(
    ([, found]) => new Set(found.map(({ password }) => password)).size > 1,
  )
  for (const [owner, found] of several) {
    passwords.delete(owner)
    // All but one are old, or belong to somebody else.
    const reason = 'one of several passwords of one user: none of them is carried over'
    lost.push(...found.map(({ at }) => ({ at, reason })))
  }
  return {
    passwords: new Map([...passwords].flatMap(([id, [one]]) => (one ? [[id, one.password]] : []))),
    lost,
  }
}

function toPerson(
  { at, fields: user }: Found,
  passwords: ReadonlyMap<string, string>,
  now: Date,
): Judged {
  const email = text(user['email'])
  const anonymous = flagIn(user, 'isAnonymous', false)
  const id = idOf(user)
  const banned = flagIn(user, 'banned', true)
  const until = banIn(user, 'banExpires', now)
  const isBlocked = banned.value === true && until.value !== false
  if (anonymous.value === true) return { at, reason: 'the user is anonymous', id, isBlocked }
  if (email === undefined) return { at, reason: 'there is no email address', id, isBlocked }
  if (id === undefined) return { at, reason: NO_ID }
  const verified = flagIn(user, 'emailVerified', false)
  const created = dateIn(user, 'createdAt')
  const secondFactor = flagIn(user, 'twoFactorEnabled', true)
  const role = textsIn(user, 'role')
  const roles = role.values.flatMap((names) => names.split(',').map((each) => each.trim()))
  return {
    at,
    id,
    line: {
      email,
      full_name: firstName(user['name'], user['username']),
      hashed_password: passwords.get(id),
      avatar_url: text(user['image']),
      email_verified: verified.value === true,
      is_active: !isBlocked,
      created_at: created.value,
    },
    roles: roles.filter((name) => name !== '' && name !== DEFAULT_ROLE),
    notes: [
      ...anonymous.notes,
      ...verified.notes,
      ...banned.notes,
      ...(banned.value === true ? until.notes : []),
      ...created.notes,
      ...(secondFactor.value === true ? ['the second factor is not carried over'] : []),
      ...role.notes,
      ...noText(user, 'name', 'image'),
      ...unread('columns', user, KNOWN_FIELDS),
    ],
  }
}
