/** The production bundle: how large, what each dependency weighs in it, and the CPU of its start. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { busyMs, type CpuProfile } from '../../scripts/cpu-profile.ts'
import { type Bundle, OUT, wrangler } from '../runtime/bundle.ts'

interface Metafile {
  outputs: Record<string, { bytes: number; inputs: Record<string, { bytesInOutput: number }> }>
}

export function measureSize(ours: Bundle, theirs: Bundle) {
  const others = ours.modules.filter((module) => module.type !== 'ESModule')
  return {
    raw_kib: ours.raw_kib,
    gzip_kib: ours.gzip_kib,
    better_auth_raw_kib: theirs.raw_kib,
    better_auth_gzip_kib: theirs.gzip_kib,
    start_up_cpu_ms: startUp('wrangler.toml', 'gatehouse'),
    better_auth_start_up_cpu_ms: startUp('bench/workers/better-auth/wrangler.toml', 'better-auth'),
    /** KiB of minified script by where it comes from; files beside it as they are. */
    weights_kib: {
      ...weights(ours),
      ...Object.fromEntries(
        others.map(({ path, contents }) => [
          path.replace(/^\w{20,}-/, ''),
          kib(Buffer.from(contents).length),
        ]),
      ),
    },
    gzip_of_files_kib: Object.fromEntries(
      others.map(({ path, contents }) => [
        path.replace(/^\w{20,}-/, ''),
        kib(gzipSync(Buffer.from(contents)).length),
      ]),
    ),
  }
}

const kib = (bytes: number) => Math.round(bytes / 102.4) / 10

function weights(bundle: Bundle): Record<string, number> {
  const file = readdirSync(bundle.outdir).find(
    (name) => name.includes('meta') && name.endsWith('.json'),
  )
  if (!file) return {}
  const meta = JSON.parse(readFileSync(join(bundle.outdir, file), 'utf8')) as Metafile
  const sums = new Map<string, number>()
  for (const { inputs } of Object.values(meta.outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const name = originOf(path)
      sums.set(name, (sums.get(name) ?? 0) + bytesInOutput)
    }
  }
  const sorted = [...sums].sort((a, b) => b[1] - a[1]).filter(([, bytes]) => bytes > 512)
  return Object.fromEntries(sorted.map(([name, bytes]) => [name, kib(bytes)]))
}

/** A package's name, or the folder of src/. */
function originOf(path: string): string {
  const [, name] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path) ?? []
  const [, folder] = /(?:^|\/)(src\/[^/]+)/.exec(path) ?? []
  return name ?? folder ?? 'other'
}

/** CPU of evaluating the Worker's script, by `wrangler check startup`: what its profile holds. */
function startUp(config: string, name: string): number | null {
  const outfile = join(OUT, `${name}.cpuprofile`)
  try {
    wrangler(['check', 'startup', '-c', config, '--outfile', outfile])
  } catch {
    return null
  }
  const profile = JSON.parse(readFileSync(outfile, 'utf8')) as CpuProfile
  return Math.round(busyMs(profile) * 10) / 10
}
