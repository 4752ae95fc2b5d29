/**
 * Many simulated runs, each from a seed: `npm run test:simulation -- --runs 10000 --seed 1 [--steps 100]
 * [--mutant NAME]`. Spreads the seeds over the processor's cores in chunks, a process each, prints
 * what fails as it fails, and closes with the counts by operation and by fault. Exits 1 on a failure or
 * when not all were run; with a mutant, 1 when nothing caught it; 2 for options that make no sense.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    steps: { type: 'string', default: '100' },
    mutant: { type: 'string', default: '' },
    jobs: { type: 'string', default: String(availableParallelism()) },
  },
})
for (const name of ['runs', 'seed', 'steps', 'jobs'] as const)
  if (!/^[1-9]\d{0,8}$/.test(values[name])) {
    console.error(`--${name} ${values[name]}: must be an integer of at least 1`)
    process.exit(2)
  }
const runs = Number(values.runs)
const first = Number(values.seed)
const CHUNK = 100
/** The number of characters of a process's standard error that are shown when it fails. */
const LAST_CHARS = 2000

interface Line {
  failed?: number
  why?: string
  done?: number
  seconds?: number
  counts?: Record<string, number>
}

const counts = new Map<string, number>()
const failures: number[] = []
const running = new Set<ChildProcess>()
let done = 0

function take(line: Line): void {
  if (line.failed !== undefined) {
    failures.push(line.failed)
    console.log(`FAILED ${line.why}\n`)
  }
  done += line.done ?? 0
  for (const [name, n] of Object.entries(line.counts ?? {}))
    counts.set(name, (counts.get(name) ?? 0) + n)
  if (line.done !== undefined) console.log(`${done} runs done, ${failures.length} failed`)
}

/** Runs one process over a chunk of seeds. Resolves to whether it reported its end. */
function runChunk(seed: number, size: number): Promise<boolean> {
  const child = spawn('vitest', ['run', '--config', 'vitest.simulation.config.ts'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      SIMULATION_SEED: String(seed),
      SIMULATION_RUNS: String(size),
      SIMULATION_STEPS: values.steps,
      SIMULATION_MUTANT: values.mutant,
    },
  })
  running.add(child)
  let hasEnded = false
  let last = ''
  child.stderr.on('data', (text) => (last = `${last}${text}`.slice(-LAST_CHARS)))
  createInterface({ input: child.stdout }).on('line', (text) => {
    const at = text.indexOf('SIMULATION {')
    if (at < 0) return
    const line = JSON.parse(text.slice(at + 'SIMULATION '.length)) as Line
    hasEnded ||= line.done !== undefined
    take(line)
  })
  return new Promise((resolve) => {
    child.on('close', () => {
      running.delete(child)
      if (!hasEnded) console.error(last)
      resolve(hasEnded)
    })
  })
}

const started = Date.now()
/**
 * Reports what has been done so far: a long run that is stopped reports as much as one that ends.
 */
function report(): void {
  for (const [name, n] of [...counts].sort(([a], [b]) => a.localeCompare(b)))
    console.log(`${String(n).padStart(9)}  ${name}`)
  const [fewest] = [...counts]
    .filter(([name]) => /^(operation|fault)/.test(name))
    .sort(([, a], [, b]) => a - b)
  if (fewest) console.log(`fewest: ${fewest[1]} times ${fewest[0]}`)
  const steps = done * Number(values.steps)
  const seconds = (Date.now() - started) / 1000
  console.log(
    `${done} runs of ${values.steps} steps from seed ${first}: ${failures.length} failed${failures.length > 0 ? ` (${failures.sort((a, b) => a - b).join(', ')})` : ''}, ${(steps / seconds).toFixed(0)} steps a second`,
  )
}

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    for (const child of running) child.kill(signal)
    report()
    process.exit(130)
  })

const chunks = Array.from({ length: Math.ceil(runs / CHUNK) }, (_, i) => i * CHUNK).values()
let broken = 0
await Promise.all(
  Array.from({ length: Number(values.jobs) }, async () => {
    for (const from of chunks) {
      if (values.mutant !== '' && failures.length > 0) return
      const size = Math.min(CHUNK, runs - from)
      if (await runChunk(first + from, size)) continue
      broken += 1
      console.log(`seeds ${first + from} to ${first + from + size - 1}: the process has crashed`)
    }
  }),
)

report()
const isWhole = done === runs && broken === 0
const isGood = values.mutant === '' ? isWhole && failures.length === 0 : failures.length > 0
process.exitCode = isGood ? 0 : 1
