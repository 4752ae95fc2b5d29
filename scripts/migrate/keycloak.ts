/**
 * Keycloak: `kc.sh export`, as one file with the realm or as `<realm>-users-<n>.json` files. Formats:
 * keycloak.org/server/importExport, and UserRepresentation and CredentialRepresentation in its Admin
 * REST API. The Admin Console's export has no users.
 */
import { dateIn, flagIn } from './facts.ts'
import { firstName, idIn, list, NO_ID, text, texts, unread } from './fields.ts'
import { fromKeycloakPassword } from './keycloak-password.ts'
import { type Converter, gathered, type Judged } from './person.ts'
import {
  type Fields,
  type Found,
  isFields,
  readJson,
  readList,
  type Records,
  type SourceFile,
  together,
  UnreadableExport,
} from './source.ts'

const KNOWN_FIELDS = new Set(
  'id username email emailVerified enabled firstName lastName createdTimestamp attributes credentials requiredActions realmRoles clientRoles totp notBefore access disableableCredentialTypes'.split(
    ' ',
  ),
)
const KNOWN_ATTRIBUTES = new Set(['locale'])
/** Every realm has them, and they mean nothing outside Keycloak. */
const OWN_ROLES = /^(default-roles-.*|offline_access|uma_authorization)$/
const OWN_CLIENTS = new Set(['account', 'broker', 'realm-management'])

export const fromKeycloak: Converter = (files) => {
  const { found, leftOut } = together(files.map(readUsers))
  return gathered(found.map(toPerson), leftOut)
}

/** One realm, or the list of realms that an export of all of them is. */
function readUsers(file: SourceFile): Records {
  const content = readJson(file)
  const realms = (Array.isArray(content) ? content : [content]).filter(isFields)
  const withUsers = realms.filter((realm) => Array.isArray(realm['users']))
  if (withUsers.length === 0) throw new UnreadableExport(`${file.name} has no "users"`)
  return together(
    withUsers.map((realm) => readList(placeOf(file, realm, realms.length), list(realm['users']))),
  )
}

const placeOf = (file: SourceFile, realm: Fields, count: number) =>
  `${file.name}:${count > 1 ? `${text(realm['realm']) ?? '?'}.` : ''}users`

function toPerson({ at, fields: user }: Found): Judged {
  const email = text(user['email'])
  if (text(user['serviceAccountClientId'])) return { at, reason: 'it is a service account' }
  if (email === undefined) return { at, reason: 'he has no e-mail address' }
  const id = idIn(user['id'])
  if (id === undefined) return { at, reason: NO_ID }
  const attributes = isFields(user['attributes']) ? user['attributes'] : {}
  const credentials = list(user['credentials']).filter(isFields)
  const actions = texts(user['requiredActions'])
  const password = fromKeycloakPassword(credentials)
  const verified = flagIn(user, 'emailVerified', false)
  const enabled = flagIn(user, 'enabled', false)
  const created = dateIn(user, 'createdTimestamp')
  const mustChange = actions.includes('UPDATE_PASSWORD') && password.hash !== undefined
  const factors = credentials.flatMap(({ type }) => (type === 'password' ? [] : (text(type) ?? [])))
  return {
    at,
    id,
    line: {
      email,
      full_name: firstName([user['firstName'], user['lastName']], user['username']),
      // Somebody else may know a password that was to be changed at once.
      hashed_password: mustChange ? undefined : password.hash,
      language: texts(attributes['locale'])[0],
      email_verified: verified.value === true && !actions.includes('VERIFY_EMAIL'),
      is_active: enabled.value !== false,
      created_at: created.value,
    },
    roles: rolesOf(user),
    notes: [
      ...verified.notes,
      ...enabled.notes,
      ...created.notes,
      ...password.notes,
      ...(mustChange ? ['his password is not carried over: he had to change it'] : []),
      ...(factors.length > 0 ? [`credentials not carried over: ${factors.join(', ')}`] : []),
      ...unread('fields', user, KNOWN_FIELDS),
      ...unread('attributes', attributes, KNOWN_ATTRIBUTES),
    ],
  }
}

/** Of the realm by name, of a client as `client:role`. */
function rolesOf(user: Fields): string[] {
  const byClient = isFields(user['clientRoles']) ? user['clientRoles'] : {}
  return [
    ...texts(user['realmRoles']).filter((role) => !OWN_ROLES.test(role)),
    ...Object.entries(byClient)
      .filter(([client]) => !OWN_CLIENTS.has(client))
      .flatMap(([client, roles]) => texts(roles).map((role) => `${client}:${role}`)),
  ]
}
