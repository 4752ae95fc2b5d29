/** Runs wrangler against the account, and reads its output. */
import { spawn } from 'node:child_process'
import { CliError } from '../cli-error.ts'

export interface Ran {
  readonly code: number
  /** Everything that it printed. */
  readonly output: string
  /** Standard output only, without warnings and errors. */
  readonly stdout: string
}

/** Runs wrangler to its end. The output is returned, and also shown unless `isQuiet`. */
export function wrangler(args: readonly string[], isQuiet = false): Promise<Ran> {
  const child = spawn(process.execPath, ['node_modules/wrangler/bin/wrangler.js', ...args], {
    // wrangler asks questions of its own, such as before a migration, which the operator must
    // answer.
    stdio: [isQuiet ? 'ignore' : 'inherit', 'pipe', 'pipe'],
    env: { ...process.env, WRANGLER_SEND_METRICS: 'false', WRANGLER_HIDE_BANNER: 'true' },
  })
  let output = ''
  let stdout = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (bytes: Buffer) => {
      output += bytes.toString()
      if (stream === child.stdout) stdout += bytes.toString()
      if (!isQuiet) process.stdout.write(bytes)
    })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code: code ?? 1, output, stdout }))
  })
}

/** The same, but throws CliError with wrangler's output unless it succeeds. */
export async function mustRun(args: readonly string[], isQuiet = false): Promise<string> {
  const { code, output } = await wrangler(args, isQuiet)
  if (code === 0) return output
  const said = isQuiet ? `${output.trim()}\n` : ''
  throw new CliError(
    `${said}wrangler ${args.slice(0, 3).join(' ')} failed. The steps after it were not run.`,
  )
}

/**
 * Returns the JSON in an output, which may have warnings around it, or undefined when there is
 * none.
 */
export function jsonIn(output: string): unknown {
  const lines = output.split('\n')
  for (let first = 0; first < lines.length; first++) {
    if (!/^\s*[[{]/.test(lines[first] ?? '')) continue
    for (let last = lines.length; last > first; last--) {
      try {
        return JSON.parse(lines.slice(first, last).join('\n'))
      } catch {
        // There is text after the JSON: try with one line less.
      }
    }
  }
  return undefined
}
