/**
 * Completes .dev.vars with the secrets that are missing there: fresh random values, never samples.
 * What stands there stays, byte for byte, also an empty value: `SETUP_TOKEN=` switches set-up off,
 * and of an empty key the service itself complains. Only the owner may read the file.
 */
import { randomBytes } from 'node:crypto'
import { appendFileSync, chmodSync, existsSync, readFileSync } from 'node:fs'

const random = (bytes: number) => randomBytes(bytes).toString('base64url')

const makers = {
  TOKEN_KEYS: () => `k1:${random(32)}`,
  DATA_KEYS: () => `k1:${random(32)}`,
  SETUP_TOKEN: () => random(24),
}

// The grammar of the dotenv package, by which wrangler reads the file. Node's parseEnv differs: it
// does not take `NAME: value`, and would let us add a second line that silently wins.
const ASSIGNMENT =
  /^\s*(?:export\s+)?([\w.-]+)(?:\s*=\s*?|:\s+?)(\s*'(?:\\'|[^'])*'|\s*"(?:\\"|[^"])*"|\s*`(?:\\`|[^`])*`|[^#\r\n]+)?\s*(?:#.*)?$/gm

/** Names and values as wrangler would read them (escapes in double quotes are left as they are). */
function parseDevVars(text: string): Map<string, string> {
  const lines = text.replace(/\r\n?/g, '\n').matchAll(ASSIGNMENT)
  return new Map(
    Array.from(lines, ([, name = '', value = '']) => [
      name,
      value.trim().replace(/^(['"`])([^]*)\1$/, '$2'),
    ]),
  )
}

/**
 * Settings whose value is cut off by an unquoted `#`, as in `ACCENT_COLOR=#0f766e` (which is empty) or
 * `SMTP_PASSWORD=abc#1` (which is `abc`). A `#` behind a space is taken for a comment that is meant.
 */
export function cutOffSettings(text: string): string[] {
  const lines = text.replace(/\r\n?/g, '\n').matchAll(ASSIGNMENT)
  return Array.from(lines, ([line, name = '', value = '']) => {
    const isQuoted = /^\s*['"`]/.test(value)
    const behindEquals = line.slice(line.indexOf(name) + name.length).replace(/^\s*[=:]/, '')
    return !isQuoted && /^\s*#\S|\S#/.test(behindEquals) ? name : ''
  }).filter(Boolean)
}

/** Adds what is missing, and tells every setting and the names that were added. */
export function completeDevVars(file: string) {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  const settings = parseDevVars(text)
  const added: string[] = []
  let more = ''
  for (const [name, make] of Object.entries(makers)) {
    if (settings.has(name)) continue
    const value = make()
    settings.set(name, value)
    added.push(name)
    more += `${name}=${value}\n`
  }
  if (more !== '') {
    const separator = text === '' || text.endsWith('\n') ? '' : '\n'
    appendFileSync(file, separator + more, { mode: 0o600 })
  }
  chmodSync(file, 0o600)
  return { settings, added, cutOff: cutOffSettings(text) }
}
