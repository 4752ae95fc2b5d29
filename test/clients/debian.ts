/**
 * Clients that come with Debian. CI installs them; elsewhere their tests are skipped with a message that says how
 * to install them. Nothing else needs them.
 */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const MODULES = '/usr/lib/apache2/modules'
/** Packages, and a file of each that tells that it is there. */
const PACKAGES = {
  apache2: '/usr/sbin/apache2',
  'libapache2-mod-auth-openidc': `${MODULES}/mod_auth_openidc.so`,
  'libapache2-mod-oauth2': `${MODULES}/mod_oauth2.so`,
  'python3-authlib': '/usr/lib/python3/dist-packages/authlib/__init__.py',
  'python3-requests': '/usr/lib/python3/dist-packages/requests/__init__.py',
  'git-credential-oauth': '/usr/bin/git-credential-oauth',
}

const missing = (): string[] =>
  Object.entries(PACKAGES).flatMap(([name, file]) => (existsSync(file) ? [] : [name]))

const INSTALL = ['install', '-y', '-qq', '--no-install-recommends']

/** Installs in CI what is missing, and fails if it cannot. */
export function installDebianClients(): void {
  const packages = missing()
  if (packages.length === 0) return
  if (!process.env['CI']) {
    const command = `apt-get ${INSTALL.join(' ')} ${packages.join(' ')}`
    console.warn(`The tests of Debian's clients are skipped here. They need: ${command}`)
    return
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  execFileSync('apt-get', ['update', '-qq'], { env, stdio: 'inherit' })
  execFileSync('apt-get', [...INSTALL, ...packages], { env, stdio: 'inherit' })
  if (missing().length > 0) throw new Error(`still missing: ${missing().join(', ')}`)
}

/** Whether all of them are there. */
export const hasDebianClients = (): boolean => missing().length === 0

export { MODULES }
