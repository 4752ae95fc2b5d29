/**
 * Keycloak: converts `kc.sh export`, as one file with the realm or as `<realm>-users-<n>.json`
 * files. Formats: keycloak.org/server/importExport, and UserRepresentation and
 * CredentialRepresentation in its Admin REST API. The Admin Console's export does not contain
 * users.
 */
import {
  fieldsIn,
  firstName,
  idIn,
  isEmpty,
  list,
  NO_ID,
  noText,
  text,
  texts,
  textsIn,
  unread,
  unreadable,
} from './fields.ts'
import { fromKeycloakPassword } from './keycloak-password.ts'
import { type Converter, gathered, type Judged } from './person.ts'
import {
  type Fields,
  type Found,
  isFields,
  type LeftOut,
  readJson,
  readList,
  type Records,
  type SourceFile,
  together,
  UnreadableExport,
} from './source.ts'
import { dateIn, flagIn } from './typed-fields.ts'

const KNOWN_FIELDS = new Set(
  'id username email emailVerified enabled firstName lastName createdTimestamp attributes credentials requiredActions realmRoles clientRoles totp notBefore access disableableCredentialTypes'.split(
    ' ',
  ),
)
const KNOWN_ATTRIBUTES = new Set(['locale'])
/** Roles that every realm has, and that mean nothing outside Keycloak. */
const OWN_ROLES = /^(default-roles-.*|offline_access|uma_authorization)$/
const OWN_CLIENTS = new Set(['account', 'broker', 'realm-management'])

const CHANGE = 'UPDATE_PASSWORD'
const VERIFY = 'VERIFY_EMAIL'

export const fromKeycloak: Converter = (files) => {
  const { found, leftOut } = together(files.map(readUsers))
  return gathered(found.map(toPerson), leftOut)
}

/** Reads one realm, or a list of realms if all of them were exported. */
function readUsers(file: SourceFile): Records {
  const content = readJson(file)
  const realms = (Array.isArray(content) ? content : [content]).filter(isFields)
  const listed = realms.flatMap((realm) =>
    ['users', 'federatedUsers'].flatMap((key) => {
      const value = realm[key]
      const place = `${placeOf(file, realm, realms.length)}${key}`
      return Array.isArray(value) ? [{ key, records: readList(place, value) }] : []
    }),
  )
  if (listed.length === 0) throw new UnreadableExport(`${file.name} has no "users"`)
  return together(
    listed.map(({ key, records }) =>
      key === 'users'
        ? records
        : { found: [], leftOut: [...records.leftOut, ...records.found.map(asFederated)] },
    ),
  )
}

const placeOf = (file: SourceFile, realm: Fields, count: number) =>
  `${file.name}:${count > 1 ? `${text(realm['realm']) ?? '?'}.` : ''}`

/**
 * Reports data that Keycloak stores about users of a directory such as LDAP, without address and
 * name.
 */
const asFederated = ({ at }: Found): LeftOut => ({
  at,
  reason: 'a federated user: export the directory that has them',
})

function toPerson({ at, fields: user }: Found): Judged {
  const email = text(user['email'])
  const id = idIn(user['id'])
  const enabled = flagIn(user, 'enabled', false)
  const isBlocked = enabled.value === false
  if (text(user['serviceAccountClientId'])) {
    return { at, reason: 'it is a service account', id, isBlocked }
  }
  if (email === undefined) return { at, reason: 'there is no email address', id, isBlocked }
  if (id === undefined) return { at, reason: NO_ID }
  const attributes = isFields(user['attributes']) ? user['attributes'] : {}
  const password = fromKeycloakPassword(list(user['credentials']).filter(isFields))
  const actions = actionsOf(user)
  const verified = flagIn(user, 'emailVerified', false)
  const created = dateIn(user, 'createdTimestamp')
  const isOthers = (actions.mustChange || password.isTemporary) && password.hash !== undefined
  const roles = rolesOf(user)
  return {
    at,
    id,
    line: {
      email,
      full_name: firstName([user['firstName'], user['lastName']], user['username']),
      // Somebody else may know a password that was due to be changed.
      hashed_password: isOthers ? undefined : password.hash,
      language: texts(attributes['locale'])[0],
      email_verified: verified.value === true && !actions.mustVerify,
      is_active: !isBlocked,
      created_at: created.value,
    },
    roles: roles.names,
    notes: [
      ...verified.notes,
      ...enabled.notes,
      ...created.notes,
      ...actions.notes,
      ...password.notes,
      ...(isOthers ? ['the password is not carried over: it had to be changed'] : []),
      ...otherCredentials(user),
      ...roles.notes,
      ...unread('fields', user, KNOWN_FIELDS),
      ...unread('attributes', attributes, KNOWN_ATTRIBUTES),
      ...unreadable(user, 'attributes'),
      ...noText(user, 'firstName', 'lastName', 'username'),
    ],
  }
}

/** The user's required actions. A list that cannot be read is treated as if it contained both. */
function actionsOf(user: Fields) {
  const { values, isWhole, notes } = textsIn(user, 'requiredActions')
  const others = values.filter((action) => action !== CHANGE && action !== VERIFY)
  return {
    mustChange: values.includes(CHANGE) || !isWhole,
    mustVerify: values.includes(VERIFY) || !isWhole,
    notes: [
      ...notes,
      ...(others.length > 0 ? [`required actions not carried over: ${others.join(', ')}`] : []),
    ],
  }
}

function otherCredentials(user: Fields): string[] {
  const credentials = list(user['credentials'])
  const isWhole = Array.isArray(user['credentials'])
    ? credentials.every(isFields)
    : isEmpty(user['credentials'])
  const others = credentials
    .filter(isFields)
    .flatMap(({ type }) => (type === 'password' ? [] : (text(type) ?? 'of no type')))
  return [
    ...(isWhole ? [] : ['credentials not carried over as a whole: they are no list of objects']),
    ...(others.length > 0 ? [`credentials not carried over: ${others.join(', ')}`] : []),
  ]
}

/** Roles of the realm by name, roles of a client as `client:role`. */
function rolesOf(user: Fields) {
  const byClient = fieldsIn(user['clientRoles'])
  const ofRealm = textsIn(user, 'realmRoles')
  const ofClients = Object.keys(byClient)
    .filter((client) => !OWN_CLIENTS.has(client))
    .map((client) => ({ client, ...textsIn(byClient, client) }))
  return {
    names: [
      ...ofRealm.values.filter((role) => !OWN_ROLES.test(role)),
      ...ofClients.flatMap(({ client, values }) => values.map((role) => `${client}:${role}`)),
    ],
    notes: [
      ...ofRealm.notes,
      ...ofClients.flatMap(({ notes }) => notes.map((note) => `clientRoles: ${note}`)),
      ...unreadable(user, 'clientRoles'),
    ],
  }
}
