/**
 * Supabase: converts rows of auth.users, as CSV (SQL editor, or COPY ... CSV HEADER), as JSON, or
 * in a dump of pg_dump. Columns: supabase.com/docs/guides/auth/managing-user-data and the
 * migrations of supabase/auth.
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
  without,
} from './fields.ts'
import { numbersAsText } from './json.ts'
import { type Converter, gathered, type Judged } from './person.ts'
import { isDump, readDump } from './pg-dump.ts'
import {
  type Found,
  looksLikeJson,
  readCsv,
  readObjects,
  type Records,
  type SourceFile,
  together,
} from './source.ts'
import { banIn, dateIn, deletionIn, flagIn, proofIn } from './typed-fields.ts'

const KNOWN_COLUMNS = new Set(
  'instance_id id aud role email encrypted_password email_confirmed_at invited_at confirmation_token confirmation_sent_at recovery_token recovery_sent_at email_change_token_new email_change email_change_sent_at last_sign_in_at raw_app_meta_data raw_user_meta_data created_at updated_at phone_change phone_change_token phone_change_sent_at confirmed_at email_change_token_current email_change_confirm_status banned_until reauthentication_token reauthentication_sent_at is_sso_user deleted_at is_anonymous phone_confirmed_at'.split(
    ' ',
  ),
)
/** Provider data for which there is no field here. */
const UNUSED_USER_META_DATA = new Set(['user_name', 'preferred_username', 'custom_claims'])
/** Provider data, and data with a field of its own here. Everything else belongs to the user. */
const STANDARD_USER_META_DATA = new Set(
  'sub iss email email_verified phone_verified provider_id full_name name first_name last_name avatar_url picture'.split(
    ' ',
  ),
)

const notPreferences = STANDARD_USER_META_DATA.union(UNUSED_USER_META_DATA)

export const fromSupabase: Converter = (files, now) => {
  const { found, leftOut } = together(files.map(readRows))
  const judged = found.map((row) => toPerson(row, now))
  const warnings = found.some(({ fields }) => !('banned_until' in fields))
    ? ['there is no column banned_until: banned users cannot be recognized']
    : []
  return gathered(judged, leftOut, warnings)
}

function readRows(file: SourceFile): Records {
  if (isDump(file)) return readDump(file, 'auth.users')
  return looksLikeJson(file) ? readObjects(file, 'users', 'rows') : readCsv(file, 'id', 'email')
}

function toPerson({ at, fields: row }: Found, now: Date): Judged {
  const email = text(row['email'])
  const id = idIn(row['id'])
  const deleted = deletionIn(row, 'deleted_at')
  if (deleted !== undefined) return { at, reason: deleted, id, isGone: true }
  const banned = banIn(row, 'banned_until', now)
  const isBlocked = banned.value === true
  const anonymous = flagIn(row, 'is_anonymous', false)
  if (anonymous.value === true) return { at, reason: 'the account is anonymous', id, isBlocked }
  if (email === undefined) return { at, reason: 'there is no email address', id, isBlocked }
  if (id === undefined) return { at, reason: NO_ID }
  const own = fieldsIn(row['raw_user_meta_data'])
  const app = fieldsIn(row['raw_app_meta_data'])
  const { roles, known } = rolesIn(app, 'role', 'roles')
  const sso = flagIn(row, 'is_sso_user', false)
  const verified = proofIn(row, 'email_confirmed_at', now)
  const created = dateIn(row, 'created_at')
  return {
    at,
    id,
    isSso: sso.value === true,
    line: {
      email,
      full_name: firstName(own['full_name'], own['name'], [own['first_name'], own['last_name']]),
      hashed_password: text(row['encrypted_password']),
      avatar_url: text(own['avatar_url']) ?? text(own['picture']),
      preferences: without(own, notPreferences),
      email_verified: verified.value === true,
      is_active: !isBlocked,
      created_at: created.value,
    },
    roles,
    notes: [
      ...anonymous.notes,
      ...sso.notes,
      ...verified.notes,
      ...banned.notes,
      ...created.notes,
      ...unread('columns', row, KNOWN_COLUMNS),
      ...unread(
        'raw_user_meta_data',
        own,
        new Set(Object.keys(without(own, UNUSED_USER_META_DATA))),
      ),
      ...noText(row, 'encrypted_password'),
      ...noText(own, 'full_name', 'name', 'first_name', 'last_name', 'avatar_url', 'picture'),
      ...unread('raw_app_meta_data', app, known.union(new Set(['provider', 'providers']))),
      ...unreadable(row, 'raw_user_meta_data', 'raw_app_meta_data'),
      ...numbersAsText('raw_user_meta_data', own, notPreferences),
    ],
  }
}
