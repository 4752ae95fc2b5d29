/** The rules across the fields of an app. Every violation is reported, by its field. */
import type { Config } from '../config'
import type { FieldIssue } from '../errors'
import { checkDestination } from '../webhooks/destination'
import { type AppDefinition, completed, isPublic, type NewApp, newAppFields } from './app-fields'
import type { AppMap, Scope } from './app-map'
import { redirectUriFault, siteUriFault, URI_FAULTS, type UriFault } from './redirect-uri'
import { isStandardScope } from './scopes'

type Own = Pick<Config, 'PUBLIC_URL' | 'isLoopback'>
/** The APIs and permissions that the fields may name. */
export interface Known {
  readonly resources: AppMap['resourcesByIdentifier']
  readonly permissions: ReadonlySet<string>
}

const issue = (path: string, code: string, message: string): FieldIssue => ({ path, code, message })
const uriIssue = (path: string, fault: UriFault) => issue(path, fault, URI_FAULTS[fault])

/** Returns every violation. */
export const appIssues = (own: Own, app: AppDefinition, known: Known): FieldIssue[] => [
  ...ownIssues(own, app),
  ...scopeIssues(app, known),
  ...(app.required_permission === null || known.permissions.has(app.required_permission)
    ? []
    : [issue('required_permission', 'unknown_permission', 'There is no such permission')]),
]

/** The rules that need no query. */
const ownIssues = (own: Own, app: AppDefinition): FieldIssue[] => [
  ...redirectIssues(own, app),
  ...addressIssues(own, app),
  ...secretIssues(app),
  ...(app.kind === 'machine' ? machineIssues(app) : []),
]

/**
 * Checks a new app before its shape is known to be valid, so that violations of shape and of these rules are
 * reported together. Fields with an invalid shape are left out. Returns nothing if the kind is unknown.
 */
export function newAppIssues(own: Own, raw: Readonly<Record<string, unknown>>): FieldIssue[] {
  const parsed = Object.entries(newAppFields()).map(
    ([name, field]) => [name, field.safeParse(raw[name])] as const,
  )
  const right = Object.fromEntries(
    parsed.flatMap(([name, { data }]) => (data === undefined ? [] : [[name, data]])),
  ) as Partial<NewApp>
  if (right.kind === undefined) return []
  const filled = { name: '', first_party: true, ...right, kind: right.kind }
  const isRight = ({ path }: FieldIssue) =>
    parsed.some(([name, { success }]) => success && name === path.split('.')[0])
  return ownIssues(own, completed(filled)).filter(isRight)
}

function redirectIssues(own: Own, app: AppDefinition): FieldIssue[] {
  if (app.kind === 'machine') return []
  const named = (['redirect_uris', 'post_logout_redirect_uris'] as const).flatMap((field) =>
    app[field].flatMap((uri, i) => {
      const fault = redirectUriFault(own, app.kind, uri)
      return fault ? [uriIssue(`${field}.${i}`, fault)] : []
    }),
  )
  // A native app may sign its users in by device codes alone (RFC 8628).
  const needsOne = app.kind !== 'native' && app.redirect_uris.length === 0
  return needsOne
    ? [issue('redirect_uris', 'required', 'At least one redirect URI is needed'), ...named]
    : named
}

const SITE_FIELDS = ['initiate_login_uri', 'logo_uri', 'policy_uri', 'tos_uri'] as const

function addressIssues(own: Own, app: AppDefinition): FieldIssue[] {
  const { backchannel_logout_uri: logout } = app
  const checked = logout === null ? undefined : checkDestination(own, logout)
  return [
    ...(checked && 'refused' in checked
      ? [
          issue(
            'backchannel_logout_uri',
            checked.refused,
            'It is called by https on port 443 at a public host name, and not at our own',
          ),
        ]
      : []),
    ...SITE_FIELDS.flatMap((field) => {
      const uri = app[field]
      const fault = uri === null ? undefined : siteUriFault(own, uri)
      return fault ? [uriIssue(field, fault)] : []
    }),
  ]
}

function secretIssues({
  kind,
  auth_method: method,
  pkce,
  jwks,
  device_flow: device,
}: AppDefinition): FieldIssue[] {
  return [
    ...(isPublic(kind) === (method === 'none')
      ? []
      : [issue('auth_method', 'not_for_kind', 'An app of this kind authenticates in another way')]),
    ...(pkce === 'optional' && kind !== 'web'
      ? [issue('pkce', 'not_for_kind', 'Only a web app may do without')]
      : []),
    ...(device && kind !== 'web' && kind !== 'native'
      ? [issue('device_flow', 'not_for_kind', 'Only for web and native apps')]
      : []),
    ...((jwks !== null) === (method === 'private_key_jwt')
      ? []
      : [issue('jwks', 'not_for_kind', 'Goes with private_key_jwt, which needs it')]),
  ]
}

/** The scopes of the app's resources that it may ask for. */
export const resourceScopes = (
  { scopes, resources }: Pick<AppDefinition, 'scopes' | 'resources'>,
  { resources: known }: Pick<Known, 'resources'>,
): Scope[] =>
  resources
    .flatMap((identifier) => known.get(identifier)?.scopes ?? [])
    .filter(({ name }) => scopes.includes(name))

function scopeIssues(app: AppDefinition, known: Known): FieldIssue[] {
  const offered = new Set(resourceScopes(app, known).map(({ name }) => name))
  const isKnown = (name: string) =>
    offered.has(name) || (isStandardScope(name) && app.kind !== 'machine')
  return [
    ...app.resources.flatMap((identifier, i) =>
      known.resources.has(identifier)
        ? []
        : [issue(`resources.${i}`, 'unknown_resource', 'There is no such API')],
    ),
    ...app.scopes.flatMap((name, i) =>
      isKnown(name)
        ? []
        : [issue(`scopes.${i}`, 'unknown_scope', 'None of the APIs of this app has this scope')],
    ),
  ]
}

/** A machine has no users. */
const OF_USERS = [
  'redirect_uris',
  'post_logout_redirect_uris',
  'backchannel_logout_uri',
  'initiate_login_uri',
  'required_permission',
] as const

const machineIssues = (app: AppDefinition): FieldIssue[] =>
  OF_USERS.flatMap((field) => {
    const value = app[field]
    return value === null || value.length === 0
      ? []
      : [issue(field, 'not_for_kind', 'A machine has no users')]
  })

/** Only those that a change is about: what was allowed once may stay as it is. */
export function issuesOf(issues: readonly FieldIssue[], changed: readonly string[]): FieldIssue[] {
  const about = new Set(changed)
  if (about.has('auth_method')) about.add('jwks')
  if (about.has('resources')) about.add('scopes')
  return issues.filter(({ path }) => about.has(path.split('.')[0] ?? ''))
}
