/** The commands for signing keys, for use after a leak. */
import { ask, CallFailed, EXIT } from './api.ts'
import type { Command } from './commands.ts'

export const keyCommands: Readonly<Record<string, Command>> = {
  'keys retire': {
    usage: 'keys retire --yes',
    about: 'after a leak: retires every signing key and revokes every session',
    async run(service, _, options) {
      if (options['yes'] !== true)
        throw new CallFailed('This signs out every user. To confirm, add --yes.', EXIT.usage)
      const path = '/admin/signing-keys/retire'
      const { message } = await ask<{ message: string }>(service, 'POST', path, {
        confirm: 'end_every_session',
      })
      return { words: `${message}. For its progress, see jobs.end_sessions in stats` }
    },
  },
}
