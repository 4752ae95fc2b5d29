/**
 * The commands for apps and the APIs that they call. Creating and rotating ask who is acting, which an API key
 * cannot prove: they need an admin's access token of the last ten minutes.
 */
import { readFileSync } from 'node:fs'
import { ask, CallFailed, EXIT, type Service } from './api.ts'
import type { Command, Options } from './commands.ts'

type Thing = Record<string, unknown>
interface Resource {
  readonly id: string
  readonly scopes: readonly { readonly name: string; readonly description: string }[]
}

const usage = (message: string) => new CallFailed(message, EXIT.usage)
const needed = (value: string | undefined, what: string): string => {
  if (value === undefined || value === '') throw usage(`Missing ${what}.`)
  return value
}

/** Names separated by blanks or commas; undefined if the option is missing. */
const listOf = (options: Options, name: string): string[] | undefined => {
  const value = options[name]
  return typeof value === 'string' ? value.split(/[\s,]+/).filter(Boolean) : undefined
}
const textOf = (options: Options, name: string): string | undefined => {
  const value = options[name]
  return typeof value === 'string' ? value : undefined
}

/** A text, or the word that removes it. */
const orNull = (text: string | undefined): string | null | undefined =>
  text === 'none' ? null : text

function switchOf(options: Options, name: string): boolean | undefined {
  const value = textOf(options, name)
  if (value === undefined) return undefined
  if (value !== 'on' && value !== 'off') throw usage(`--${name} must be on or off.`)
  return value === 'on'
}

function keysOf(options: Options): unknown {
  const file = textOf(options, 'jwks')
  if (file === undefined) return undefined
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    const reason = error instanceof SyntaxError ? 'is not JSON' : 'cannot be read'
    throw usage(`${file} ${reason}.`)
  }
}

/** The fields of an app that options give. JSON leaves out those that are undefined. */
const appFields = (options: Options) => ({
  redirect_uris: listOf(options, 'redirect-uris'),
  post_logout_redirect_uris: listOf(options, 'post-logout-redirect-uris'),
  backchannel_logout_uri: orNull(textOf(options, 'backchannel-logout-uri')),
  initiate_login_uri: orNull(textOf(options, 'initiate-login-uri')),
  scopes: listOf(options, 'scopes'),
  resources: listOf(options, 'resources'),
  required_permission: orNull(textOf(options, 'permission')),
  auth_method: textOf(options, 'auth-method'),
  jwks: keysOf(options),
  id_token_alg: textOf(options, 'id-token-alg'),
  pkce: textOf(options, 'pkce'),
  device_flow: switchOf(options, 'device-flow'),
})
/** Explained once, because two commands each have them. */
export const APP_OPTIONS = `Options of apps create and apps change; the word none removes an address or the permission:
  --redirect-uris "uri ..."  --post-logout-redirect-uris "uri ..."  --backchannel-logout-uri uri  --initiate-login-uri uri
  --scopes "openid ..."  --resources "uri ..."  --permission name  --pkce required|optional  --id-token-alg RS256|ES256
  --auth-method client_secret_basic|client_secret_post|private_key_jwt  --jwks file  --device-flow on|off

Options of resources create and resources change; a change of the scopes replaces all of them and keeps their descriptions:
  --scopes "orders:read orders:write=permission ..."  --token-ttl-seconds 600..3600  --open-to-metadata-apps on|off`

const appPath = (clientId: string | undefined): string =>
  `/admin/apps/${encodeURIComponent(needed(clientId, 'client id'))}`
const resourcePath = (id: string | undefined): string =>
  `/admin/resources/${encodeURIComponent(needed(id, 'id of the API'))}`

type PathOf = typeof appPath

const rotateSecret =
  (pathOf: PathOf): Command['run'] =>
  async (service, [id], options) => {
    const how = { keep_previous: options['now'] !== true }
    return { thing: await ask<Thing>(service, 'POST', `${pathOf(id)}/rotate-secret`, how) }
  }

const remove =
  (pathOf: PathOf): Command['run'] =>
  async (service, [id], options) => {
    if (options['yes'] !== true) throw usage('This cannot be undone. To confirm, add --yes.')
    await ask(service, 'DELETE', pathOf(id))
    return { words: `${id}: deleted` }
  }

/** `orders:read` or `orders:write=write:all`: a scope, and the permission that it needs. */
const scopeOf = (text: string) => {
  const [name = '', permission] = text.split('=')
  return { name, ...(permission !== undefined && { permission }) }
}

/** The fields of an API that options give. */
function resourceFields(options: Options) {
  const seconds = textOf(options, 'token-ttl-seconds')
  if (seconds !== undefined && !/^\d+$/.test(seconds)) {
    throw usage('--token-ttl-seconds must be a whole number.')
  }
  return {
    token_ttl_seconds: seconds === undefined ? undefined : Number(seconds),
    scopes: listOf(options, 'scopes')?.map(scopeOf),
    open_to_metadata_apps: switchOf(options, 'open-to-metadata-apps'),
  }
}

/** The scopes with the descriptions that they have now, which have no place in an option. */
async function withDescriptions(
  service: Service,
  id: string | undefined,
  scopes: readonly ReturnType<typeof scopeOf>[],
) {
  const { items } = await ask<{ items: Resource[] }>(service, 'GET', '/admin/resources')
  const before = items.find((each) => each.id === id)?.scopes ?? []
  return scopes.map((scope) => ({
    ...scope,
    description: before.find(({ name }) => name === scope.name)?.description,
  }))
}

export const appCommands: Readonly<Record<string, Command>> = {
  'apps list': {
    usage: 'apps list',
    about: 'lists the apps that sign their users in here',
    async run(service) {
      const answer = await ask<{ items: Thing[] }>(service, 'GET', '/admin/apps')
      const columns = ['client_id', 'name', 'kind', 'enabled', 'first_party', 'users']
      return { rows: answer.items, columns, answer }
    },
  },
  'apps show': {
    usage: 'apps show <client id>',
    about: 'shows an app',
    run: async (service, [id]) => ({ thing: await ask<Thing>(service, 'GET', appPath(id)) }),
  },
  'apps create': {
    usage: 'apps create <name> --kind web|spa|native|machine [--third-party] [options]',
    about: 'registers an app; prints its secret this once; needs an access token',
    async run(service, [name], options) {
      const app = {
        name: needed(name, 'name'),
        kind: needed(textOf(options, 'kind'), '--kind'),
        first_party: options['third-party'] !== true,
        ...appFields(options),
      }
      return { thing: await ask<Thing>(service, 'POST', '/admin/apps', app) }
    },
  },
  'apps change': {
    usage: 'apps change <client id> [--name text] [options]',
    about: 'changes the fields that are given; needs an access token',
    async run(service, [id], options) {
      const change = { name: textOf(options, 'name'), ...appFields(options) }
      return { thing: await ask<Thing>(service, 'PATCH', appPath(id), change) }
    },
  },
  'apps disable': {
    usage: 'apps disable <client id>',
    about: 'refuses the app and its tokens everywhere within five seconds',
    async run(service, [id]) {
      await ask(service, 'PATCH', appPath(id), { enabled: false })
      return { words: `${id}: disabled` }
    },
  },
  'apps enable': {
    usage: 'apps enable <client id>',
    about: 'undoes this; needs an access token',
    async run(service, [id]) {
      await ask(service, 'PATCH', appPath(id), { enabled: true })
      return { words: `${id}: enabled` }
    },
  },
  'apps rotate-secret': {
    usage: 'apps rotate-secret <client id> [--now]',
    about:
      'replaces the secret; the old one is accepted for 24 hours, unless --now; needs an access token',
    run: rotateSecret(appPath),
  },
  'apps delete': {
    usage: 'apps delete <client id> --yes',
    about: 'deletes an app; its tokens are refused everywhere within five seconds',
    run: remove(appPath),
  },
  'resources list': {
    usage: 'resources list',
    about: 'lists the APIs that apps get access tokens for',
    async run(service) {
      const answer = await ask<{ items: Thing[] }>(service, 'GET', '/admin/resources')
      const columns = ['id', 'identifier', 'name', 'token_ttl_seconds']
      return { rows: answer.items, columns, answer }
    },
  },
  'resources create': {
    usage: 'resources create <identifier> <name> [options]',
    about: 'registers an API; prints its secret this once; needs an access token',
    async run(service, [identifier, name], options) {
      const resource = {
        identifier: needed(identifier, 'identifier'),
        name: needed(name, 'name'),
        ...resourceFields(options),
      }
      return { thing: await ask<Thing>(service, 'POST', '/admin/resources', resource) }
    },
  },
  'resources change': {
    usage: 'resources change <id> [--name text] [options]',
    about: 'changes the fields that are given; needs an access token, except for the name',
    async run(service, [id], options) {
      const change = { name: textOf(options, 'name'), ...resourceFields(options) }
      const scopes = change.scopes && (await withDescriptions(service, id, change.scopes))
      return {
        thing: await ask<Thing>(service, 'PATCH', resourcePath(id), { ...change, scopes }),
      }
    },
  },
  'resources rotate-secret': {
    usage: 'resources rotate-secret <id> [--now]',
    about:
      'replaces the secret; the old one is accepted for 24 hours, unless --now; needs an access token',
    run: rotateSecret(resourcePath),
  },
  'resources delete': {
    usage: 'resources delete <id> --yes',
    about: 'deletes an API that no app may ask for',
    run: remove(resourcePath),
  },
}
