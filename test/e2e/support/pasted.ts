/** Runs what a reader pastes into a shell, until it is an app that answers. */
import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'

/** Packages are installed first, from the registry. */
const START_LIMIT_MS = 300_000
const running: ChildProcess[] = []

export interface Pasted {
  readonly title: string
  /** Where the app answers. */
  readonly origin: string
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
}

/** Starts a script of bash. Returns when the app answers, and throws if it ends or takes too long. */
export async function startPasted(
  script: string,
  { title, origin, cwd, env }: Pasted,
): Promise<void> {
  const child = spawn('bash', ['-e', '-c', script], {
    cwd,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1', ...env },
  })
  running.push(child)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text: Buffer) => (output += text.toString()))
  }
  for (const end = Date.now() + START_LIMIT_MS; Date.now() < end; await pause(250)) {
    if (child.exitCode !== null) break
    if (await fetch(origin, { redirect: 'manual' }).catch(() => undefined)) return
  }
  throw new Error(`${title} does not run:\n${output}`)
}

/** Ends all that were started, with the processes that they have started. */
export function stopPasted(): void {
  for (const { pid } of running) {
    try {
      if (pid !== undefined) process.kill(-pid, 'SIGTERM')
    } catch {
      // It has ended.
    }
  }
}
