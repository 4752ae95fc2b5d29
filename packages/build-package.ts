/**
 * Builds dist/ of a package: one minified module for each entry, and the type declarations. Fails when a module
 * exceeds its limit. Files are replaced atomically, so builds may run concurrently with each other and with
 * readers.
 */
import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

export interface PackageBuild {
  /** The folder of the package. */
  readonly here: string
  /** The modules, by the name of their source in src/, and the most bytes (gzip) of each. */
  readonly entries: Readonly<Record<string, { readonly source: string; readonly limit: number }>>
  /** Packages that are bundled, whose licences have to be included. */
  readonly bundled?: readonly string[]
  /** A folder of another package whose sources are bundled, such as `client/src/oidc`. */
  readonly embedded?: string
  /** Packages that the reader installs. */
  readonly external?: readonly string[]
}

/** Returns the bytes (gzip) of each module. */
export async function buildPackage({
  here,
  entries,
  bundled = [],
  embedded,
  external = [],
}: PackageBuild): Promise<Record<string, number>> {
  const made = mkdtempSync(join(here, '.build-'))
  try {
    await build({
      absWorkingDir: here,
      entryPoints: Object.entries(entries).map(([out, { source }]) => ({ in: source, out })),
      outdir: made,
      external: [...external],
      bundle: true,
      format: 'esm',
      platform: 'neutral',
      mainFields: ['module', 'main'],
      jsx: 'automatic',
      target: 'es2022',
      minify: true,
    })
    // TypeScript 7, not the version that the generator needs.
    const tsc = join(here, '../../node_modules/typescript/bin/tsc')
    const types = join(made, '.types')
    // A package may bundle sources of another one, so declarations are made for both.
    const args = [tsc, '-p', here, '--rootDir', dirname(here), '--outDir', types]
    execFileSync(process.execPath, args, { stdio: 'inherit' })
    const own = join(types, basename(here), 'src')
    if (embedded !== undefined) {
      cpSync(join(types, embedded), join(own, basename(embedded)), { recursive: true })
    }
    for (const name of globSync('**/*.d.ts', { cwd: own })) {
      const text = readFileSync(join(own, name), 'utf8')
      mkdirSync(dirname(join(made, name)), { recursive: true })
      const inside =
        embedded === undefined
          ? text
          : text.replaceAll(`../../${embedded}/`, `./${basename(embedded)}/`)
      const runnable = inside.replaceAll(/(from '\.\.?\/[\w./-]+)\.tsx?'/g, "$1.js'")
      writeFileSync(join(made, name), runnable)
    }
    rmSync(types, { recursive: true })
    for (const name of bundled) {
      copyFileSync(join(packageOf(name), 'LICENSE'), join(made, `${name}.LICENSE`))
    }
    const sizes = Object.fromEntries(
      Object.entries(entries).map(([name, { limit }]) => {
        const bytes = gzipSync(readFileSync(join(made, `${name}.js`)), { level: 9 }).length
        if (bytes > limit) {
          throw new Error(`${name}.js has ${bytes} bytes gzip, at most ${limit} are allowed`)
        }
        return [name, bytes]
      }),
    )
    const files = globSync('**/*', { cwd: made, withFileTypes: true }).filter((one) => one.isFile())
    for (const { parentPath, name } of files) {
      const folder = join(here, 'dist', parentPath.slice(made.length))
      mkdirSync(folder, { recursive: true })
      renameSync(join(parentPath, name), join(folder, name))
    }
    copyFileSync(join(here, '..', '..', 'LICENSE'), join(here, 'LICENSE'))
    return sizes
  } finally {
    rmSync(made, { recursive: true, force: true })
  }
}

/** Prints the sizes of modules that were built. */
export function printSizes(sizes: Readonly<Record<string, number>>): void {
  for (const [name, bytes] of Object.entries(sizes)) {
    console.log(`dist/${name}.js: ${(bytes / 1024).toFixed(2)} KiB gzip`)
  }
}

/** Returns the folder of a package, resolved as an import resolves it. */
function packageOf(name: string): string {
  let folder = dirname(createRequire(import.meta.url).resolve(name))
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder)
  return folder
}
