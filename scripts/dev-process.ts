/**
 * Runs wrangler so that none of its processes outlives this one. wrangler starts a runtime and a
 * bundler, and leaves them running if only its own pid is stopped. Each run is therefore a process
 * group. A stop, a signal, the end of the parent and our own end are passed on to the whole group.
 * (Only kill -9 of this process cannot be passed on.)
 */
import { spawn, spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'

const KILL_AFTER_MS = 5000
const PARENT_WATCH_MS = 500
const REPEATED_SIGNAL_MS = 1000

/**
 * The folder in which local Workers find each other. wrangler's default is shared by the whole
 * machine, so a Worker could bind to the service of another checkout.
 */
const REGISTRY = resolve('.wrangler/registry')

const groups = new Set<number>()
let stoppingSince: number | undefined

export const isStopping = () => stoppingSince !== undefined

function signalGroups(signal: NodeJS.Signals) {
  for (const group of groups) {
    try {
      process.kill(-group, signal)
    } catch {
      groups.delete(group)
    }
  }
}

function stop() {
  const now = Date.now()
  // npm forwards signals that we also get from the terminal. Only a later signal means that the
  // user repeated it.
  if (stoppingSince !== undefined && now - stoppingSince < REPEATED_SIGNAL_MS) return
  signalGroups(stoppingSince === undefined ? 'SIGINT' : 'SIGKILL')
  stoppingSince ??= now
  setTimeout(() => signalGroups('SIGKILL'), KILL_AFTER_MS).unref()
}

/**
 * Stops the groups when this process ends, when its parent ends, and on SIGINT, SIGTERM and SIGHUP.
 */
export function stopWithParent() {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
  process.on('exit', () => signalGroups('SIGKILL'))
  // npm dies of SIGTERM and SIGKILL without passing them on, and run.mjs and perhaps a shell stand between it and us.
  const parent = process.ppid
  const npm = process.env.npm_lifecycle_event === undefined ? undefined : npmAbove(parent)
  const watch = setInterval(() => {
    if (process.ppid === parent && (npm === undefined || isRunning(npm))) return
    clearInterval(watch)
    stop()
  }, PARENT_WATCH_MS)
  watch.unref()
}

/** The npm that runs this script: the nearest ancestor whose command line begins with npm. */
function npmAbove(pid: number): number | undefined {
  for (let at = pid; at > 1;) {
    const { stdout } = spawnSync('ps', ['-o', 'ppid=,args=', '-p', String(at)], {
      encoding: 'utf8',
    })
    const [, above, command = ''] = /^\s*(\d+)\s+(.*)/.exec(stdout) ?? []
    if (/^npm\b|npm-cli/.test(command)) return at
    at = Number(above) || 0
  }
  return undefined
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Resolves with the exit code when the whole group has ended. `print` gets each line of output. */
export function startWrangler(args: string[], print: (line: string) => void): Promise<number> {
  const child = spawn(process.execPath, ['node_modules/wrangler/bin/wrangler.js', ...args], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      WRANGLER_REGISTRY_PATH: REGISTRY,
      WRANGLER_SEND_METRICS: 'false',
      WRANGLER_HIDE_BANNER: 'true',
      CLOUDFLARE_CF_FETCH_ENABLED: 'false',
    },
  })
  const group = child.pid
  if (group !== undefined) groups.add(group)
  const filter = withoutCronWarning(print)
  createInterface({ input: child.stdout }).on('line', filter)
  createInterface({ input: child.stderr }).on('line', filter)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', () => signalGroups('SIGKILL'))
    child.on('close', (code) => {
      if (group !== undefined) groups.delete(group)
      resolve(code ?? 1)
    })
  })
}

/** Drops wrangler's warning that crons do not fire locally. Here they do (dev-crons.ts). */
function withoutCronWarning(print: (line: string) => void) {
  let isSkipping = false
  return (line: string) => {
    if (line.includes('Scheduled Workers are not automatically triggered')) isSkipping = true
    else if (/^\S/.test(line)) isSkipping = false
    if (!isSkipping) print(line)
  }
}
