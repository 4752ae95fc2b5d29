/**
 * `installDependencies` makes node_modules what package-lock.json says, for this operating system.
 * scripts/run.mjs calls it before each npm script, so a fresh clone needs no `npm ci`. It costs a few
 * milliseconds when nothing changed. Two runs at once are safe: the second waits for the first. Plain
 * JavaScript, because on a fresh clone these two files run on the machine's own Node (20 or newer);
 * everything after them has Node 24. Messages go to standard error: some commands print data.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { delimiter, dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const OLDEST_NODE = 20
const LOCK_LIFETIME_MS = 15 * 60_000

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const stampFile = join(root, 'node_modules', '.lock-hash')
const lockFile = join(root, '.wrangler', 'install.lock')
const lockText = readFileSync(join(root, 'package-lock.json'))
// The stamp includes the platform: workerd is a binary, and folders may be shared with containers.
const stamp = `${createHash('sha256').update(lockText).digest('hex')} ${process.platform}-${process.arch}`

function isInstalled() {
  return readIfThere(stampFile) === stamp
}

function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

function takeLock() {
  mkdirSync(dirname(lockFile), { recursive: true })
  try {
    const handle = openSync(lockFile, 'wx')
    writeFileSync(handle, String(process.pid))
    closeSync(handle)
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
    if (isAbandoned()) rmSync(lockFile, { force: true })
    return false
  }
}

function isAbandoned() {
  const holder = Number(readIfThere(lockFile))
  const taken = statSync(lockFile, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()
  // An empty file means that its owner is between two calls, unless it stays empty. A process id
  // may be reused.
  if (Date.now() - taken > LOCK_LIFETIME_MS) return true
  return holder > 0 && !isRunning(holder)
}

function isRunning(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

function install() {
  const started = Date.now()
  console.error('Installing dependencies (once for each package-lock.json) ...')
  // The `node` in node_modules/.bin is about to be replaced: npm must not run on it meanwhile.
  const isOwnBin = (path) => path.endsWith(`${sep}node_modules${sep}.bin`)
  const path = (process.env.PATH ?? '').split(delimiter).filter((entry) => !isOwnBin(entry))
  const run = spawnSync(
    'npm',
    ['ci', '--include=dev', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'],
    {
      cwd: root,
      env: { ...process.env, PATH: path.join(delimiter) },
      encoding: 'utf8',
      shell: process.platform === 'win32',
    },
  )
  if (run.status !== 0) {
    console.error(`${run.stdout ?? ''}${run.stderr ?? ''}`)
    console.error(run.error?.message ?? 'npm ci failed: its output is above.')
    return false
  }
  writeFileSync(stampFile, stamp)
  console.error(`Installed in ${Math.round((Date.now() - started) / 1000)} s.`)
  return true
}

function pause(milliseconds) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}

/** False, with the reason on standard error, when the dependencies cannot be installed. */
export function installDependencies() {
  if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
    console.error(`Node ${OLDEST_NODE} or newer is needed; this is ${process.versions.node}.`)
    return false
  }
  for (let hasTold = false; !isInstalled(); pause(200)) {
    if (takeLock()) {
      try {
        if (!isInstalled() && !install()) return false
      } finally {
        rmSync(lockFile, { force: true })
      }
    } else if (!hasTold) {
      console.error('Another run is installing dependencies: waiting for it ...')
      hasTold = true
    }
  }
  return true
}
