/**
 * Writes the OpenAPI document into the assets, from the declarations of the routes. wrangler runs this before it
 * serves or deploys, and the tests before they start. The Worker only fills in its own name and address, so the
 * texts and the schemas of answers need not be in its bundle. The file is written only if it differs. It is plain
 * JavaScript, because wrangler may run it on an old version of Node.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const target = join(root, 'public', 'assets', 'docs', 'openapi.json')

/** The document calls nothing of the platform, but the modules that it reads import it. */
const platform = {
  name: 'platform',
  setup(bundler) {
    bundler.onResolve({ filter: /^cloudflare:|\.wasm$/ }, ({ path }) => ({
      path,
      namespace: 'platform',
    }))
    bundler.onLoad({ filter: /./, namespace: 'platform' }, () => ({
      contents: 'module.exports = new Proxy({}, { get: () => class {} })',
    }))
  },
}

const { outputFiles } = await build({
  stdin: { contents: "export { documentTemplate } from './src/document'", resolveDir: root },
  bundle: true,
  write: false,
  format: 'esm',
  platform: 'node',
  conditions: ['workerd', 'worker'],
  loader: { '.txt': 'text' },
  define: { __DOCS__: 'true' },
  banner: {
    js: "import { createRequire } from 'node:module'; const require = createRequire('/');",
  },
  plugins: [platform],
  logLevel: 'error',
})
const [bundle] = outputFiles
const url = `data:text/javascript;base64,${Buffer.from(bundle.contents).toString('base64')}`
const { documentTemplate } = await import(url)

const text = `${documentTemplate()}\n`
if (text !== readIfThere(target)) {
  mkdirSync(dirname(target), { recursive: true })
  writeFileSync(target, text)
}

function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
