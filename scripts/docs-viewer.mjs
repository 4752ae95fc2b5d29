/**
 * Copies the viewer of /docs and its license from node_modules into the assets. wrangler runs this
 * before it serves or deploys. Only files that differ are written. It is plain JavaScript,
 * because wrangler may run it on an old version of Node.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const FILES = [
  'swagger-ui-bundle.js',
  'swagger-ui-bundle.js.LICENSE.txt',
  'swagger-ui.css',
  'LICENSE',
  'NOTICE',
]

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const from = dirname(fileURLToPath(import.meta.resolve('swagger-ui-dist/package.json')))
const to = join(root, 'public', 'assets', 'docs')

mkdirSync(to, { recursive: true })
for (const name of FILES) {
  const bytes = withoutSourceMap(readFileSync(join(from, name)))
  if (!bytes.equals(readIfThere(join(to, name)))) writeFileSync(join(to, name), bytes)
}

/** The source maps are not copied, as they are five times the size of the scripts. */
function withoutSourceMap(bytes) {
  return Buffer.from(
    bytes.toString('latin1').replace(/\n?(\/\/|\/\*)# sourceMappingURL=.*$/s, ''),
    'latin1',
  )
}

function readIfThere(file) {
  try {
    return readFileSync(file)
  } catch {
    return Buffer.alloc(0)
  }
}
