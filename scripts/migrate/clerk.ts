/**
 * Clerk: converts the Dashboard's CSV (password digests, no bans) and the JSON of `clerk migrate
 * export clerk` (bans, metadata, no digests), in any order, merged by user id. A user who is only
 * in the CSV was deleted or created between the two exports, and is left out if a JSON is given.
 * Formats: clerk.com/docs/guides/ development/migrating/export-from-clerk, and `password_hasher` in
 * the Backend API's "Create a user".
 */
import { fromClerkDigest } from './clerk-digest.ts'
import {
  fieldsIn,
  firstName,
  idIn,
  NO_ID,
  noText,
  rolesIn,
  text,
  texts,
  unread,
  unreadable,
} from './fields.ts'
import { numbersAsText } from './json.ts'
import { type Converter, gathered, type Judged } from './person.ts'
import {
  type Fields,
  type LeftOut,
  looksLikeJson,
  readCsv,
  readObjects,
  together,
} from './source.ts'
import { dateIn, flagIn } from './typed-fields.ts'

const KNOWN_FIELDS = new Set(
  'id first_name last_name primary_email_address verified_email_addresses unverified_email_addresses totp_secret password_digest password_hasher banned created_at public_metadata unsafe_metadata create_organization_enabled delete_self_enabled'.split(
    ' ',
  ),
)

interface Merged {
  at: string
  csv?: Fields
  json?: Fields
}

export const fromClerk: Converter = (files) => {
  const merged = new Map<string, Merged>()
  const strays: LeftOut[] = []
  const again: [id: string, user: Merged][] = []
  const read = files.map((file) => {
    const kind = looksLikeJson(file) ? 'json' : 'csv'
    const records =
      kind === 'json'
        ? readObjects(file, 'users', 'data')
        : readCsv(file, 'id', 'primary_email_address')
    for (const { at, fields } of records.found) {
      const id = idIn(fields['id'])
      const known = id === undefined ? undefined : merged.get(id)
      if (id === undefined) strays.push({ at, reason: NO_ID })
      // oneOfEach decides later which record is used, and whether either is banned.
      else if (known?.[kind]) again.push([id, { at, [kind]: fields }])
      else merged.set(id, { at: known?.at ?? at, ...known, [kind]: fields })
    }
    return records
  })
  const hasJson = [...merged.values()].some(({ json }) => json)
  const users = [
    ...merged,
    ...again.map(([id, user]) => [id, { ...merged.get(id), ...user }] as const),
  ]
  const judged = users.map(([id, user]) =>
    hasJson && !user.json
      ? { at: user.at, reason: 'the user is not in the JSON export' }
      : toPerson(id, user),
  )
  const warnings = hasJson ? [] : ['the CSV alone does not contain who is banned']
  return gathered(judged, [...together(read).leftOut, ...strays], warnings)
}

function toPerson(id: string, { at, csv = {}, json = {} }: Merged): Judged {
  const fields: Fields = { ...csv, ...whatSays(json) }
  const unverified = [csv, json].flatMap((each) => addresses(each['unverified_email_addresses']))
  const verified = [
    ...[csv, json].flatMap((each) => addresses(each['verified_email_addresses'])),
    // The JSON has a primary address only if it is verified, and does not repeat it in the list of
    // verified ones.
    ...addresses(json['primary_email_address']),
  ]
  const email = text(fields['primary_email_address']) ?? verified[0] ?? unverified[0]
  const banned = flagIn(fields, 'banned', true)
  const isBlocked = banned.value === true
  if (email === undefined) return { at, reason: 'there is no email address', id, isBlocked }
  const others = new Set([...verified, ...unverified].filter((each) => each !== email)).size
  const digest = fromClerkDigest(text(fields['password_digest']), text(fields['password_hasher']))
  const created = dateIn(fields, 'created_at')
  const publicMetadata = fieldsIn(fields['public_metadata'])
  const preferences = fieldsIn(fields['unsafe_metadata'])
  const { roles, known } = rolesIn(publicMetadata, 'role', 'roles')
  return {
    at,
    id,
    line: {
      email,
      full_name: firstName([fields['first_name'], fields['last_name']], fields['username']),
      hashed_password: digest.hash,
      preferences,
      email_verified: verified.includes(email) && !unverified.includes(email),
      is_active: !isBlocked,
      created_at: created.value,
    },
    roles,
    notes: [
      ...digest.notes,
      ...banned.notes,
      ...created.notes,
      ...unread('fields', fields, KNOWN_FIELDS),
      ...unread('public_metadata', publicMetadata, known),
      ...unreadable(fields, 'unsafe_metadata', 'public_metadata'),
      ...numbersAsText('unsafe_metadata', preferences),
      ...(others > 0 ? [`${others} more email addresses not carried over`] : []),
      ...noText(
        fields,
        'first_name',
        'last_name',
        'username',
        'password_digest',
        'password_hasher',
      ),
      ...(text(fields['totp_secret']) ? ['the second factor is not carried over'] : []),
    ],
  }
}

/** Drops empty fields, so that they do not overwrite those of the other export. */
const whatSays = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => (value ?? '') !== ''))

/** A list in the JSON; one cell with separators in the CSV. */
const addresses = (value: unknown): string[] =>
  texts(value).flatMap((each) => each.split(/[|,;\s]+/).filter(Boolean))
