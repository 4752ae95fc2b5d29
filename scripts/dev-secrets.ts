/**
 * Adds missing secrets to .dev.vars: new random values, never samples. Existing lines are kept byte
 * for byte, even empty values: `SETUP_TOKEN=` turns setup off, and the service itself reports an
 * empty key. Only the owner may read the file.
 */
import { randomBytes } from 'node:crypto'
import { appendFileSync, chmodSync, existsSync, readFileSync } from 'node:fs'

const random = (bytes: number) => randomBytes(bytes).toString('base64url')

const makers = {
  TOKEN_KEYS: () => `k1:${random(32)}`,
  DATA_KEYS: () => `k1:${random(32)}`,
  SETUP_TOKEN: () => random(24),
}

// The grammar of the dotenv package, with which wrangler reads the file. Node's parseEnv differs:
// it does not accept `NAME: value`, so we would add a second line that silently takes precedence.
const ASSIGNMENT =
  /^\s*(?:export\s+)?([\w.-]+)(?:\s*=\s*?|:\s+?)(\s*'(?:\\'|[^'])*'|\s*"(?:\\"|[^"])*"|\s*`(?:\\`|[^`])*`|[^#\r\n]+)?\s*(?:#.*)?$/gm

/** Names and values as wrangler reads them (escapes in double quotes are left as they are). */
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
 * Returns the settings whose value is cut off by an unquoted `#`, as in `ACCENT_COLOR=#0f766e`
 * (empty) or `SMTP_PASSWORD=abc#1` (`abc`). A `#` after a space is taken for an intended comment.
 */
export function cutOffSettings(text: string): string[] {
  const lines = text.replace(/\r\n?/g, '\n').matchAll(ASSIGNMENT)
  return Array.from(lines, ([line, name = '', value = '']) => {
    const isQuoted = /^\s*['"`]/.test(value)
    const behindEquals = line.slice(line.indexOf(name) + name.length).replace(/^\s*[=:]/, '')
    return !isQuoted && /^\s*#\S|\S#/.test(behindEquals) ? name : ''
  }).filter(Boolean)
}

/**
 * Adds what is missing. Returns all settings, the names that were added, and those whose value is
 * cut off.
 */
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
