/** Debian's Apache on a port of this machine, with its own folder. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MODULES } from './debian.ts'

export interface Apache {
  readonly origin: string
  readonly log: () => string
  readonly stop: () => Promise<void>
}

const OWN_MODULES = [
  'mpm_event',
  'authn_core',
  'authz_core',
  'authz_user',
  'mime',
  'filter',
  'include',
]

/** A port that was free just now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Starts it. Each page of `pages` is served to users that the configuration admits. */
export async function startApache(
  port: number,
  modules: readonly string[],
  configuration: string,
  pages: Readonly<Record<string, string>>,
): Promise<Apache> {
  const folder = mkdtempSync(join(tmpdir(), 'apache-'))
  // Started by root, it works as another user.
  chmodSync(folder, 0o755)
  for (const [path, html] of Object.entries(pages)) {
    mkdirSync(join(folder, 'pages', path, '..'), { recursive: true })
    writeFileSync(join(folder, 'pages', path), html)
  }
  const loaded = [...OWN_MODULES, ...modules]
  const lines = [
    'ServerName 127.0.0.1',
    `ServerRoot "${folder}"`,
    `DefaultRuntimeDir "${folder}"`,
    `PidFile "${folder}/pid"`,
    `ErrorLog "${folder}/error.log"`,
    'LogLevel info',
    `Listen 127.0.0.1:${port}`,
    ...loaded.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`),
    'User www-data',
    'Group www-data',
    `DocumentRoot "${folder}/pages"`,
    'Options +Includes',
    'TypesConfig /dev/null',
    'AddType text/html .shtml',
    'AddOutputFilter INCLUDES .shtml',
    configuration,
  ]
  writeFileSync(join(folder, 'apache.conf'), lines.join('\n'))
  const child = spawn(
    '/usr/sbin/apache2',
    ['-D', 'FOREGROUND', '-f', join(folder, 'apache.conf')],
    {
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  )
  const log = () => readFileSync(join(folder, 'error.log'), 'utf8')
  const origin = `http://127.0.0.1:${port}`
  const stop = async () => {
    if (child.exitCode === null && child.kill('SIGTERM')) await once(child, 'exit')
    rmSync(folder, { recursive: true, force: true })
  }
  if (await isListening(child, origin)) return { origin, log, stop }
  const why = log()
  await stop()
  throw new Error(`Apache has ended: ${why}`)
}

/** Waits until it answers. False if it has ended. */
async function isListening(child: ChildProcess, origin: string): Promise<boolean> {
  while (child.exitCode === null) {
    try {
      await fetch(origin, { redirect: 'manual' })
      return true
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  return false
}
