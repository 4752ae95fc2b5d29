/**
 * Auth0: converts the bulk user export (NDJSON) and the password hash export that Auth0's support
 * creates (also NDJSON), in any order, merged by user id. A user who is only in the second was
 * deleted or created between the two exports, and is left out if the first is given. Formats:
 * auth0.com/docs/manage-users/user-migration/bulk-user-exports, and "How to Use the Password Hashes
 * Export from Auth0" at support.auth0.com.
 */
import {
  fieldsIn,
  firstName,
  idIn,
  isEmpty,
  list,
  noText,
  rolesIn,
  text,
  unread,
  unreadable,
} from './fields.ts'
import { numbersAsText } from './json.ts'
import { type Converter, gathered, type Judged } from './person.ts'
import { type Fields, isFields, type LeftOut, readObjects, together } from './source.ts'
import { dateIn, flagIn } from './typed-fields.ts'

const PROFILE_FIELDS = new Set(
  'user_id email email_verified blocked created_at name given_name family_name nickname picture locale user_metadata app_metadata updated_at last_login last_ip last_password_reset logins_count identities multifactor'.split(
    ' ',
  ),
)
const HASH_FIELDS = new Set(
  '_id alt_id email email_verified passwordHash password_set_date tenant connection identifiers _tmp_is_unique'.split(
    ' ',
  ),
)

const SEVERAL_PASSWORDS = 'hashed_password not carried over: the id occurs with several passwords'

interface Merged {
  at: string
  profile?: Fields
  hash?: Fields
  hasSeveralPasswords?: boolean
}

export const fromAuth0: Converter = (files) => {
  const { found, leftOut } = together(files.map((file) => readObjects(file, 'users')))
  const merged = new Map<string, Merged>()
  const again: [id: string, user: Merged][] = []
  const strays: LeftOut[] = []
  for (const { at, fields } of found) {
    const kind = '_id' in fields ? 'hash' : 'profile'
    const id = kind === 'hash' ? idOfHash(fields) : idIn(fields['user_id'])
    const known = id === undefined ? undefined : merged.get(id)
    if (id === undefined) strays.push({ at, reason: 'it has neither user_id nor _id' })
    // oneOfEach decides later which record is used, and whether either is blocked.
    else if (known?.profile && kind === 'profile') again.push([id, { at, profile: fields }])
    else if (known?.hash && kind === 'hash') {
      strays.push({ at, reason: `the same user as at ${known.at}` })
      if (isOther(known.hash, fields)) merged.set(id, { ...known, hasSeveralPasswords: true })
    } else {
      merged.set(id, { ...known, at: kind === 'hash' ? (known?.at ?? at) : at, [kind]: fields })
    }
  }
  const hasProfiles = [...merged.values()].some(({ profile }) => profile)
  const users = [
    ...merged,
    ...again.map(([id, user]) => [id, { ...merged.get(id), ...user }] as const),
  ]
  const judged = users.map(([id, user]) =>
    hasProfiles && !user.profile
      ? { at: user.at, reason: 'the user is not in the export of users' }
      : toPerson(id, user),
  )
  const warnings = hasProfiles
    ? []
    : ['without the export of users, blocked users cannot be recognized']
  return gathered(judged, [...leftOut, ...strays], warnings)
}

/**
 * Whether two rows of one user have different passwords: one may be old or belong to somebody else.
 */
function isOther(hash: Fields, later: Fields): boolean {
  const passwords = [hash, later].flatMap((each) => text(each['passwordHash']) ?? [])
  return new Set(passwords).size > 1
}

/**
 * The complete user id is `auth0|` followed by an id from Auth0, or by one that the customer chose.
 */
function idOfHash(fields: Fields): string | undefined {
  const own = idIn(fields['alt_id'] ?? fields['_id'])
  return own === undefined ? undefined : `auth0|${own}`
}

function toPerson(id: string, user: Merged): Judged {
  const { at, profile = {}, hash = {}, hasSeveralPasswords = false } = user
  // Some users of the password export have their address only here.
  const identifier = list(hash['identifiers'])
    .filter(isFields)
    .find(({ type }) => type === 'email')
  const claims = [
    { email: text(profile['email']), ...verdict(profile, 'email_verified') },
    { email: text(hash['email']), ...verdict(hash, 'email_verified') },
    { email: text(identifier?.['value']), ...verdict(identifier ?? {}, 'verified') },
  ]
  const email = claims.find((claim) => claim.email !== undefined)?.email
  const blocked = flagIn(profile, 'blocked', true)
  const isBlocked = blocked.value === true
  if (email === undefined) return { at, reason: 'there is no email address', id, isBlocked }
  // `email_verified` refers to the address in the same record: the exports may be from different
  // days.
  const isOfEmail = (claim: (typeof claims)[number]) =>
    claim.email?.toLowerCase() === email.toLowerCase()
  const proof = claims.find((claim) => isOfEmail(claim) && claim.isVerified !== undefined)
  const created = dateIn(profile, 'created_at')
  const appMetadata = fieldsIn(profile['app_metadata'])
  const preferences = fieldsIn(profile['user_metadata'])
  const { roles, known } = rolesIn(appMetadata, 'roles')
  return {
    at,
    id,
    line: {
      email,
      full_name: firstName(
        profile['name'],
        [profile['given_name'], profile['family_name']],
        profile['nickname'],
      ),
      hashed_password: hasSeveralPasswords ? undefined : text(hash['passwordHash']),
      avatar_url: text(profile['picture']),
      preferences,
      language: text(profile['locale']),
      email_verified: proof?.isVerified === true,
      is_active: !isBlocked,
      created_at: created.value,
    },
    roles,
    notes: [
      ...(proof?.notes ?? []),
      ...(hasSeveralPasswords ? [SEVERAL_PASSWORDS] : []),
      ...blocked.notes,
      ...created.notes,
      ...unread('fields', profile, PROFILE_FIELDS),
      ...unread('fields of the password export', hash, HASH_FIELDS),
      ...unread('app_metadata', appMetadata, known),
      ...unreadable(profile, 'user_metadata', 'app_metadata'),
      ...numbersAsText('user_metadata', preferences),
      ...noText(profile, 'name', 'given_name', 'family_name', 'nickname', 'picture', 'locale'),
      ...noText(hash, 'passwordHash'),
      ...(isEmpty(profile['multifactor']) ? [] : ['the second factor is not carried over']),
    ],
  }
}

function verdict(fields: Fields, name: string) {
  const { value: isVerified, notes } = flagIn(fields, name, false)
  return { isVerified, notes }
}
