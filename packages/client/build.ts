/**
 * Builds dist/: one minified module without dependencies, and the type declarations. Fails when the
 * module exceeds 6 KiB gzip. Files are replaced atomically, so builds may run concurrently with
 * each other and with readers.
 */
import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const LIMIT_BYTES = 6 * 1024

const here = import.meta.dirname

/** Builds the package. Returns the size of its module in bytes. */
export async function buildClient(): Promise<{ gzipBytes: number }> {
  const made = mkdtempSync(join(here, '.build-'))
  try {
    await build({
      absWorkingDir: here,
      entryPoints: ['src/index.ts'],
      outfile: join(made, 'index.js'),
      bundle: true,
      format: 'esm',
      platform: 'neutral',
      mainFields: ['module', 'main'],
      target: 'es2022',
      minify: true,
    })
    // TypeScript 7, not the version that the generator needs.
    const tsc = join(here, '../../node_modules/typescript/bin/tsc')
    execFileSync(process.execPath, [tsc, '-p', here, '--outDir', made])
    for (const name of readdirSync(made).filter((each) => each.endsWith('.d.ts'))) {
      const file = join(made, name)
      const text = readFileSync(file, 'utf8')
      writeFileSync(file, text.replaceAll(/(from '\.\/[\w-]+)\.ts'/g, "$1.js'"))
    }
    // The bundled package requires that its license is included.
    copyFileSync(join(packageOf('openapi-fetch'), 'LICENSE'), join(made, 'openapi-fetch.LICENSE'))
    const gzipBytes = gzipSync(readFileSync(join(made, 'index.js')), { level: 9 }).length
    if (gzipBytes > LIMIT_BYTES) {
      throw new Error(`The module has ${gzipBytes} bytes gzip, at most ${LIMIT_BYTES} are allowed`)
    }
    mkdirSync(join(here, 'dist'), { recursive: true })
    for (const name of readdirSync(made)) renameSync(join(made, name), join(here, 'dist', name))
    copyFileSync(join(here, '..', '..', 'LICENSE'), join(here, 'LICENSE'))
    return { gzipBytes }
  } finally {
    rmSync(made, { recursive: true, force: true })
  }
}

/** Returns the folder of a package, resolved as an import resolves it. */
function packageOf(name: string): string {
  let folder = dirname(createRequire(import.meta.url).resolve(name))
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder)
  return folder
}

if (process.argv[1] === import.meta.filename) {
  const { gzipBytes } = await buildClient()
  console.log(`dist/index.js: ${(gzipBytes / 1024).toFixed(2)} KiB gzip`)
}
