/** A Worker's production bundle, made by the command that would deploy it, and its size as told by it. */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const ROOT = resolve(import.meta.dirname, '../..')
export const OUT = resolve(import.meta.dirname, '../.out')

export interface Module {
  readonly type: 'ESModule' | 'Text' | 'CompiledWasm'
  readonly path: string
  readonly contents: string | Uint8Array<ArrayBuffer>
}

export interface Bundle {
  readonly outdir: string
  /** The entry comes first. */
  readonly modules: Module[]
  readonly raw_kib: number
  readonly gzip_kib: number
}

const QUIET = { CLOUDFLARE_CF_FETCH_ENABLED: 'false', WRANGLER_SEND_METRICS: 'false', CI: 'true' }

/** Runs wrangler of the product's own install and returns what it printed. Throws when it fails. */
export function wrangler(args: readonly string[]): string {
  return execFileSync(join(ROOT, 'node_modules/.bin/wrangler'), args, {
    cwd: ROOT,
    env: { ...process.env, ...QUIET, NO_COLOR: '1' },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** Bundles the Worker of a wrangler.toml (a path below the root) by `wrangler deploy --dry-run`. */
export function bundleOf(config: string, name: string): Bundle {
  const outdir = join(OUT, name)
  rmSync(outdir, { recursive: true, force: true })
  const said = wrangler(['deploy', '--dry-run', '--outdir', outdir, '--metafile', '-c', config])
  const [, raw, gzip] = /Total Upload: ([\d.]+) KiB \/ gzip: ([\d.]+) KiB/.exec(said) ?? []
  if (!raw || !gzip) throw new Error(`wrangler told no size:\n${said}`)
  const modules = readdirSync(outdir)
    .flatMap((file) => moduleOf(outdir, file))
    .sort((a, b) => rank(a) - rank(b))
  return { outdir, modules, raw_kib: Number(raw), gzip_kib: Number(gzip) }
}

const rank = (module: Module) => (module.type === 'ESModule' ? 0 : 1)

function moduleOf(outdir: string, file: string): Module[] {
  const path = join(outdir, file)
  if (file.endsWith('.js')) {
    const contents = readFileSync(path, 'utf8').replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n')
    return [{ type: 'ESModule', path: file, contents }]
  }
  if (file.endsWith('.txt')) {
    return [{ type: 'Text', path: file, contents: readFileSync(path, 'utf8') }]
  }
  if (file.endsWith('.wasm')) {
    return [{ type: 'CompiledWasm', path: file, contents: new Uint8Array(readFileSync(path)) }]
  }
  return []
}
