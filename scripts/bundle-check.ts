/**
 * Builds the Worker as a deployment would and measures its size and the CPU time of its start. Fails
 * above the limit of the size. Warns above the goal of the start, and when either is more than 5 % above
 * what .ci/bundle.json holds, which `npm run ci:bundle -- --write` replaces.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { CliError } from './cli-error.ts'
import { busyMs, type CpuProfile, quantile } from './cpu-profile.ts'
import { mustRun } from './deploy/wrangler.ts'

/** The platform itself allows 3 MiB. */
const MAX_KIB_GZIP = 400
/** A cold start delays the first request. The figure depends on the machine's load, so it only warns. */
const STARTUP_GOAL_MS = 50
const UNITS = { kibGzip: 'KiB gzip', startupMs: 'ms of CPU to start' }
const TOLERATED_GROWTH = 1.05

/**
 * Other work on the machine makes a start look longer, by half and more when both cores are taken. Of
 * several starts the lower quartile counts: the least of all may have missed samples.
 */
const STARTS = 9
/** wrangler gives up on a start after 10 s, which a machine that is busy enough may need. */
const MAX_FAILURES = 3

const KNOWN = join(import.meta.dirname, '../.ci/bundle.json')
const OUT = 'dist'
const BUNDLE = join(OUT, 'worker.bundle')
const PROFILE = join(OUT, 'start-up.cpuprofile')
// The top level of wrangler.toml: it has another environment, and would warn that none is chosen.
const ENV = '--env='

interface Size {
  readonly kibGzip: number
  readonly startupMs: number
}

async function build(): Promise<number> {
  const said = await mustRun(
    ['deploy', ENV, '--dry-run', '--outdir', OUT, '--outfile', BUNDLE],
    true,
  )
  const [, kib] = /gzip: ([\d.]+) KiB/.exec(said) ?? []
  if (kib === undefined) throw new CliError(`wrangler did not print a size:\n${said}`)
  return Number(kib)
}

/** The CPU time of one start in milliseconds, from the profile of `wrangler check startup`. */
async function start(): Promise<number> {
  await mustRun(['check', 'startup', ENV, '--worker', BUNDLE, '--outfile', PROFILE], true)
  return busyMs(JSON.parse(readFileSync(PROFILE, 'utf8')) as CpuProfile)
}

async function measure(): Promise<Size> {
  const kibGzip = await build()
  const starts: number[] = []
  for (let failures = 0; starts.length < STARTS;) {
    try {
      starts.push(await start())
    } catch (error) {
      if (++failures > MAX_FAILURES) throw error
    }
  }
  const shown = starts.toSorted((a, b) => a - b).map((ms) => ms.toFixed(1))
  console.log(`${kibGzip} KiB gzip; CPU of ${STARTS} starts: ${shown.join(', ')} ms`)
  return { kibGzip, startupMs: Math.round(quantile(starts, 0.25) * 10) / 10 }
}

function compare(found: Size): void {
  const known = JSON.parse(readFileSync(KNOWN, 'utf8')) as Size
  const names = ['kibGzip', 'startupMs'] as const
  for (const name of names.filter((each) => found[each] > known[each] * TOLERATED_GROWTH))
    console.warn(`WARNING: ${found[name]} ${UNITS[name]}, more than 5 % above ${known[name]}`)
  if (found.startupMs > STARTUP_GOAL_MS) {
    console.warn(`WARNING: ${found.startupMs} ${UNITS.startupMs}; the goal is ${STARTUP_GOAL_MS}`)
  }
  if (found.kibGzip > MAX_KIB_GZIP) {
    throw new CliError(
      `FAILED: ${found.kibGzip} ${UNITS.kibGzip}, at most ${MAX_KIB_GZIP} are allowed`,
    )
  }
}

const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } })
try {
  const found = await measure()
  if (values.write) writeFileSync(KNOWN, `${JSON.stringify(found, null, 2)}\n`)
  compare(found)
} catch (error) {
  console.error(error instanceof CliError ? error.message : error)
  process.exit(1)
}
