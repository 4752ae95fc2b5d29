/**
 * Checks what a newcomer sees, on a clone of the last commit: `npm start` installs and responds,
 * the README's tour works word for word, a second start is quick, the example next to it reaches
 * the service, and neither Ctrl-C nor a SIGTERM to npm leaves a process behind. However it ends,
 * this script leaves no process and no file behind either.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { CliError } from './cli-error.ts'
import { familyOf, runningOf } from './process-family.ts'

const START_LIMIT_MS = 300_000
const STOP_LIMIT_MS = 10_000
const EXAMPLE = 'examples/protected-worker'

const root = join(import.meta.dirname, '..')
const scratch = mkdtempSync(join(tmpdir(), 'fresh-clone-'))
const clone = join(scratch, 'gatehouse')
const logFile = join(scratch, 'start.log')
// A newcomer has no node_modules/.bin on the PATH. wrangler's temporary files go to the scratch
// folder.
const path = (process.env.PATH ?? '').split(delimiter).filter((entry) => !entry.endsWith('.bin'))
const env = { ...process.env, PATH: path.join(delimiter), TMPDIR: scratch }

let service: ChildProcess | undefined
let tour: ChildProcess | undefined

const since = (began: number) => `${((Date.now() - began) / 1000).toFixed(1)} s`

/** Below the ports that systems give to outgoing connections and to servers that ask for any. */
const PORTS = { from: 20_000, count: 10_000 }

/** A port that is free together with the next one, which the example takes. */
async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = PORTS.from + Math.floor(Math.random() * PORTS.count)
    if ((await isFree(port)) && (await isFree(port + 1))) return port
  }
  throw new CliError('No free port.')
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.on('error', () => resolve(false))
    server.listen(port, () => server.close(() => resolve(true)))
  })

/** Runs `npm start` as the leader of a process group, until it says that it is ready. */
async function start(title: string, port: number, more: string[] = []): Promise<ChildProcess> {
  const began = Date.now()
  const log = openSync(logFile, 'w')
  const npm = spawn('npm', ['start', '--', '--port', String(port), ...more], {
    cwd: clone,
    detached: true,
    env,
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  service = npm
  while (!readFileSync(logFile, 'utf8').includes('Ctrl-C stops it')) {
    if (npm.exitCode !== null) throw new CliError(`${title}: exited unexpectedly.`)
    if (Date.now() - began > START_LIMIT_MS) throw new CliError(`${title}: not ready in time.`)
    await pause(100)
  }
  const health = await fetch(`http://localhost:${port}/healthz`)
  if (!health.ok) throw new CliError(`${title}: /healthz answers ${health.status}.`)
  console.log(`${title}: ready after ${since(began)}`)
  return npm
}

/** The request from the example's README. A 401 proves that the example reached the service. */
async function askExample(port: number): Promise<void> {
  const { status } = await fetch(`http://localhost:${port + 1}/notes`, {
    headers: { authorization: 'Bearer a.b.c' },
  })
  if (status !== 401) throw new CliError(`The example answers ${status} to a wrong token, not 401.`)
}

async function takeTour(port: number): Promise<void> {
  const node = join(clone, 'node_modules', '.bin', 'node')
  const args = ['scripts/readme-tour.ts', `http://localhost:${port}`]
  const child = spawn(node, args, { cwd: clone, env, stdio: ['ignore', 'inherit', 'inherit'] })
  tour = child
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('exit', resolve))
  if (code !== 0) throw new CliError('The tour failed.')
}

/** Expects that after `end` no process runs any more that npm started, directly or not. */
async function expectNoneLeft(title: string, npm: ChildProcess, end: () => void): Promise<void> {
  const family = familyOf(npm.pid)
  const began = Date.now()
  end()
  for (let left = family; left.length > 0; await pause(50)) {
    left = runningOf(family)
    if (Date.now() - began > STOP_LIMIT_MS) {
      throw new CliError(`${title} left:\n${left.map(({ command }) => command).join('\n')}`)
    }
  }
  console.log(`${title}: all ${family.length} processes ended within ${since(began)}`)
  service = undefined
}

function signalGroup(npm: ChildProcess, signal: NodeJS.Signals) {
  if (npm.pid === undefined) return
  try {
    process.kill(-npm.pid, signal)
  } catch {
    // The group has already ended.
  }
}

async function cleanUp(): Promise<void> {
  tour?.kill()
  if (service) {
    const family = familyOf(service.pid)
    signalGroup(service, 'SIGINT')
    for (let tries = 0; tries < 100 && runningOf(family).length > 0; tries += 1) await pause(100)
    for (const { pid } of runningOf(family)) process.kill(pid, 'SIGKILL')
  }
  rmSync(scratch, { recursive: true, force: true, maxRetries: 5 })
}

async function main(): Promise<void> {
  if (execFileSync('git', ['status', '--porcelain'], { cwd: root }).length > 0) {
    console.log('WARNING: the clone that is checked does not contain your uncommitted changes.')
  }
  execFileSync('git', ['clone', '--quiet', root, clone])
  const port = await freePort()
  const first = await start('npm start on a fresh clone', port)
  await takeTour(port)
  await expectNoneLeft('Ctrl-C', first, () => signalGroup(first, 'SIGINT'))
  const second = await start('npm start again', port)
  await expectNoneLeft('SIGTERM to npm alone', second, () => second.kill('SIGTERM'))
  const third = await start('npm start with an example', port, ['--with', EXAMPLE])
  await askExample(port)
  await expectNoneLeft('Ctrl-C with an example', third, () => signalGroup(third, 'SIGINT'))
}

async function end(code: number): Promise<void> {
  await cleanUp()
  process.exit(code)
}

// The reader of our output may end before we do.
process.stdout.on('error', () => undefined)
process.stderr.on('error', () => undefined)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void end(1))
try {
  await main()
  await end(0)
} catch (error) {
  console.error(error instanceof CliError ? `FAILED: ${error.message}` : error)
  if (service) console.error(`npm start printed:\n${readFileSync(logFile, 'utf8')}`)
  await end(1)
}
