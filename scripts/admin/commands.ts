/** The operator's commands. Each makes one or two API calls. */
import { readFileSync } from 'node:fs'
import { decodeText } from '../migrate/encoding.ts'
import { ask, CallFailed, EXIT, type Service } from './api.ts'
import { appCommands } from './app-commands.ts'
import { chunks } from './chunks.ts'
import { keyCommands } from './key-commands.ts'

export type Options = Readonly<Record<string, string | boolean | undefined>>

/** The output of a command: rows as a table, one object as a list of fields, or plain text. */
export type Shown =
  | {
      readonly rows: Record<string, unknown>[]
      readonly columns: string[]
      readonly note?: string
      /** The complete response, for `--json`. */
      readonly answer: object
      /** Set if part of the work was refused. */
      readonly exit?: number
    }
  | { readonly thing: Record<string, unknown> }
  | { readonly words: string }

export interface Command {
  readonly usage: string
  readonly about: string
  run(service: Service, args: readonly string[], options: Options): Promise<Shown>
}

interface User extends Record<string, unknown> {
  id: number
  email: string
}
interface Page {
  items: Record<string, unknown>[]
  total: number
  total_is_exact: boolean
  next_cursor: string | null
}

interface Sessions extends Page {
  api_keys: { id: string; name: string; expires_at: string }[]
}

const usage = (message: string) => new CallFailed(message, EXIT.usage)

/**
 * Finds a user by id, or by the complete address in any spelling. It uses a filter of the list,
 * since opening the user would leave an audited read in the log.
 */
async function find(service: Service, who: string | undefined): Promise<User> {
  if (who === undefined) throw usage('Missing user: provide an id or an email address.')
  const query = new URLSearchParams(isId(who) ? { id: who } : { email: who })
  const { items } = await ask<Page>(service, 'GET', `/admin/users?${query.toString()}`)
  const [found] = items as User[]
  if (!found) throw new CallFailed(`User ${who} not found.`, EXIT.refused)
  return found
}

const isId = (who: string): boolean => /^\d{1,9}$/.test(who)

/** Returns the user with what keeps them from signing in, which the list does not include. */
async function show(service: Service, who: string | undefined): Promise<User> {
  const id = who !== undefined && isId(who) ? who : (await find(service, who)).id
  return ask<User>(service, 'GET', `/admin/users/${id}`)
}

const onUser =
  (
    method: string,
    path: string,
    done: string,
    body?: (args: readonly string[]) => object,
  ): Command['run'] =>
  async (service, [who, ...rest]) => {
    const user = await find(service, who)
    const filled = path.replace('{1}', encodeURIComponent(rest[0] ?? ''))
    if (path.includes('{1}') && rest[0] === undefined) throw usage('Missing role.')
    const sent = body?.(rest)
    const answer = await ask<{ message?: string }>(
      service,
      method,
      `/admin/users/${user.id}${filled}`,
      sent,
    )
    return { words: `${user.email}: ${answer.message ?? done}` }
  }

const andKeys = (options: Options) => (options['keys'] === true ? { keys: true } : {})

const role = ([name]: readonly string[]) => {
  if (name === undefined) throw usage('Missing role.')
  return { role: name }
}

export const COMMANDS: Readonly<Record<string, Command>> = {
  'users list': {
    usage:
      'users list [--search text | --email address] [--status active|pending|deactivated] [--role name] [--sort newest|oldest|email|name] [--size n] [--cursor c]',
    about: 'lists users, newest registration first',
    async run(service, _, options) {
      const query = new URLSearchParams()
      for (const name of ['search', 'email', 'status', 'role', 'sort', 'size', 'cursor'])
        if (typeof options[name] === 'string') query.set(name, options[name])
      const page = await ask<Page>(service, 'GET', `/admin/users?${query.toString()}`)
      const more = page.next_cursor === null ? '' : `; more: --cursor ${page.next_cursor}`
      const total = `${page.total}${page.total_is_exact ? '' : ' or more'}`
      const columns = ['id', 'email', 'full_name', 'status', 'roles', 'created_at', 'last_login_at']
      const note = `${page.items.length} of ${total}${more}`
      return { rows: page.items, columns, note, answer: page }
    },
  },
  'users show': {
    usage: 'users show <id|address>',
    about: 'shows an account with its lockouts and failed sign-ins',
    run: async (service, [who]) => ({ thing: await show(service, who) }),
  },
  'users invite': {
    usage: 'users invite <address> <full name> [--role name]',
    about: 'creates an account and emails an invitation',
    async run(service, [email, full_name], { role: name }) {
      if (!email || !full_name) throw usage('Provide an email address and a full name.')
      const roles = typeof name === 'string' ? { roles: [name] } : {}
      return {
        thing: await ask<User>(service, 'POST', '/admin/users', { email, full_name, ...roles }),
      }
    },
  },
  'users activate': {
    usage: 'users activate <id|address>',
    about:
      'undoes a deactivation; if the user is pending, marks the address as verified and voids the password',
    run: onUser('PUT', '/status', 'activated', () => ({ is_active: true })),
  },
  'users deactivate': {
    usage: 'users deactivate <id|address> [--keys]',
    about: 'suspends the account and revokes its sessions; --keys: revokes the API keys too',
    run: (service, args, options) =>
      onUser('PUT', '/status', 'deactivated', () => ({ is_active: false, ...andKeys(options) }))(
        service,
        args,
        options,
      ),
  },
  'users grant': {
    usage: 'users grant <id|address> <role>',
    about: 'grants a role, from the next request on',
    run: onUser('POST', '/roles', 'granted', role),
  },
  'users withdraw': {
    usage: 'users withdraw <id|address> <role>',
    about:
      'removes a role, from the next request on; roles with admin: permissions are removed in the console',
    run: onUser('DELETE', '/roles/{1}', 'withdrawn'),
  },
  'users sessions': {
    usage: 'users sessions <id|address>',
    about: "lists a user's sessions and API keys",
    async run(service, [who]) {
      const { id } = await find(service, who)
      const answer = await ask<Sessions>(service, 'GET', `/admin/users/${id}/sessions`)
      const columns = ['id', 'created_at', 'last_used_at', 'ip', 'country']
      const keys = answer.api_keys.map((key) => `${key.name} (${key.id}), until ${key.expires_at}`)
      const note = keys.length === 0 ? 'No API keys.' : `API keys:\n${keys.join('\n')}`
      return { rows: answer.items, columns, note, answer }
    },
  },
  'users sign-out': {
    usage: 'users sign-out <id|address> [--keys]',
    about: 'revokes all sessions; --keys: revokes the API keys too',
    run: (service, args, options) => {
      const query = options['keys'] === true ? '?keys=true' : ''
      return onUser('DELETE', `/sessions${query}`, 'signed out everywhere')(service, args, options)
    },
  },
  'users unlock': {
    usage: 'users unlock <id|address>',
    about: 'lifts all sign-in lockouts',
    run: onUser('POST', '/unlock', 'unlocked'),
  },
  'users reset-2fa': {
    usage: 'users reset-2fa <id|address> [--keys]',
    about:
      'removes the second factor, recovery codes, passkeys and trusted browsers, and revokes all sessions; --keys: revokes the API keys too',
    run: (service, args, options) =>
      onUser('POST', '/reset-2fa', 'second factor removed', () => andKeys(options))(
        service,
        args,
        options,
      ),
  },
  'users erase': {
    usage: 'users erase <id|address> --yes',
    about: 'erases the account permanently',
    async run(service, args, options) {
      if (options['yes'] !== true) throw usage('This cannot be undone. To confirm, add --yes.')
      return onUser('DELETE', '', 'erased')(service, args, options)
    },
  },
  'users import': {
    usage: 'users import <file.ndjson>',
    about: 'imports one JSON object per line, in chunks; safe to repeat',
    run: async (service, [file]) => importFile(service, file),
  },
  ...appCommands,
  ...keyCommands,
  'outbox list': {
    usage: 'outbox list [--status pending|dead|parked]',
    about: 'lists emails and background tasks that are pending or have failed',
    async run(service, _, { status }) {
      const query = typeof status === 'string' ? `?status=${encodeURIComponent(status)}` : ''
      const answer = await ask<Page>(service, 'GET', `/admin/outbox${query}`)
      const columns = ['id', 'kind', 'attempts', 'next_attempt_at', 'last_error']
      return { rows: answer.items, columns, answer }
    },
  },
  'outbox retry': {
    usage: 'outbox retry <id>',
    about: 'retries a row now',
    async run(service, [id]) {
      if (id === undefined) throw usage('Missing row id.')
      await ask(service, 'POST', `/admin/outbox/${encodeURIComponent(id)}/retry`)
      return { words: `${id}: will be retried` }
    },
  },
  stats: {
    usage: 'stats',
    about: 'accounts, sessions, outbox, jobs, keys',
    run: async (service) => ({
      thing: await ask<Record<string, unknown>>(service, 'GET', '/admin/stats'),
    }),
  },
}

interface Imported {
  imported: number
  skipped: number
  skipped_lines: { line: number; email: string; code: string; message: string }[]
  errors: { line: number; code: string; path: string; message: string }[]
}

/**
 * Reads a file as text. Throws CallFailed unless it is UTF-8 or UTF-16, since decoding anything
 * else would garble names.
 */
function textOf(file: string): string {
  try {
    return decodeText(file, readFileSync(file))
  } catch (error) {
    throw usage(error instanceof Error ? error.message : String(error))
  }
}

/** Imports chunk by chunk. After an interruption, the same file can be imported again. */
async function importFile(service: Service, file: string | undefined): Promise<Shown> {
  if (file === undefined) throw usage('Missing file.')
  const sum = { imported: 0, skipped: 0 }
  const errors: Imported['errors'] = []
  const skipped: Imported['skipped_lines'] = []
  for (const { first, lines } of chunks(textOf(file).split('\n'))) {
    const told = await ask<Imported>(service, 'POST', '/admin/import', lines.join('\n'))
    sum.imported += told.imported
    sum.skipped += told.skipped
    skipped.push(...told.skipped_lines.map((skip) => ({ ...skip, line: skip.line + first })))
    errors.push(...told.errors.map((error) => ({ ...error, line: error.line + first })))
  }
  const refused = new Set(errors.map(({ line }) => line)).size
  return {
    rows: [
      ...errors.map((row) => ({ ...row })),
      ...skipped.map(({ email, ...row }) => ({ ...row, path: email })),
    ],
    columns: ['line', 'path', 'code', 'message'],
    note: `${sum.imported} imported, ${sum.skipped} skipped, ${refused} refused`,
    answer: { ...sum, skipped_lines: skipped, refused, errors },
    exit: refused > 0 ? EXIT.refused : EXIT.done,
  }
}
