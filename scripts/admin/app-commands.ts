/**
 * The commands for apps and the APIs that they call. Creating and rotating ask who is acting, which an API key
 * cannot prove: they need an admin's access token of the last ten minutes.
 */
import { ask, CallFailed, EXIT } from './api.ts'
import type { Command, Options } from './commands.ts'

type Thing = Record<string, unknown>

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

const appPath = (clientId: string | undefined): string =>
  `/admin/apps/${encodeURIComponent(needed(clientId, 'client id'))}`
const resourcePath = (id: string | undefined): string =>
  `/admin/resources/${encodeURIComponent(needed(id, 'id of the API'))}`

/** `orders:read` or `orders:write=write:all`: a scope, and the permission that it needs. */
const scopeOf = (text: string) => {
  const [name = '', permission] = text.split('=')
  return { name, ...(permission !== undefined && { permission }) }
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
    usage:
      'apps create <name> --kind web|spa|native|machine [--redirect-uris "uri ..."] [--scopes "openid ..."] [--resources "uri ..."] [--permission name] [--third-party]',
    about: 'registers an app; prints its secret this once; needs an access token',
    async run(service, [name], options) {
      const app = {
        name: needed(name, 'name'),
        kind: needed(textOf(options, 'kind'), '--kind'),
        first_party: options['third-party'] !== true,
        redirect_uris: listOf(options, 'redirect-uris'),
        scopes: listOf(options, 'scopes'),
        resources: listOf(options, 'resources'),
        required_permission: textOf(options, 'permission'),
      }
      return { thing: await ask<Thing>(service, 'POST', '/admin/apps', app) }
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
    async run(service, [id], options) {
      const how = { keep_previous: options['now'] !== true }
      return { thing: await ask<Thing>(service, 'POST', `${appPath(id)}/rotate-secret`, how) }
    },
  },
  'apps delete': {
    usage: 'apps delete <client id> --yes',
    about: 'deletes an app; its tokens are refused everywhere within five seconds',
    async run(service, [id], options) {
      if (options['yes'] !== true) throw usage('This cannot be undone. To confirm, add --yes.')
      await ask(service, 'DELETE', appPath(id))
      return { words: `${id}: deleted` }
    },
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
    usage:
      'resources create <identifier> <name> [--scopes "orders:read orders:write=permission ..."]',
    about: 'registers an API; prints its secret this once; needs an access token',
    async run(service, [identifier, name], options) {
      const resource = {
        identifier: needed(identifier, 'identifier'),
        name: needed(name, 'name'),
        scopes: listOf(options, 'scopes')?.map(scopeOf),
      }
      return { thing: await ask<Thing>(service, 'POST', '/admin/resources', resource) }
    },
  },
  'resources rotate-secret': {
    usage: 'resources rotate-secret <id> [--now]',
    about:
      'replaces the secret; the old one is accepted for 24 hours, unless --now; needs an access token',
    async run(service, [id], options) {
      const how = { keep_previous: options['now'] !== true }
      return { thing: await ask<Thing>(service, 'POST', `${resourcePath(id)}/rotate-secret`, how) }
    },
  },
  'resources delete': {
    usage: 'resources delete <id> --yes',
    about: 'deletes an API that no app may ask for',
    async run(service, [id], options) {
      if (options['yes'] !== true) throw usage('This cannot be undone. To confirm, add --yes.')
      await ask(service, 'DELETE', resourcePath(id))
      return { words: `${id}: deleted` }
    },
  },
}
