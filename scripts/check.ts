/**
 * `npm run check`: formatting, types, lint and unused code. They run beside each other, because none of
 * them keeps two cores busy. Prints the output of those that fail or warn.
 */
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'

const CHECKS = ['check:lint', 'check:types', 'check:unused', 'check:format']

async function run(check: string): Promise<boolean> {
  const child = spawn('npm', ['run', '--silent', check], {
    shell: process.platform === 'win32',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)])
  const isOk = (await ended) === 0
  console.log(`${isOk ? 'ok' : 'FAILED'} ${check}`)
  if (!isOk || err !== '') console.log(`${out}${err}`)
  return isOk
}

const outcomes = await Promise.all(CHECKS.map(run))
process.exitCode = outcomes.every(Boolean) ? 0 : 1
