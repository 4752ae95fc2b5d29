/**
 * Checks that the README's tour works when pasted: every ```sh block between `<!-- tour:start -->`
 * and `<!-- tour:end -->` runs word for word, in one `bash -euo pipefail` in the current folder,
 * against a service that is already running. Stops at the first block that fails or prints
 * something other than the README shows (readme-blocks.ts). Usage: readme-tour.ts
 * [http://localhost:8787 [README.md]]
 *
 * For a port other than 8787, the blocks must take the address from
 * ${GATEHOUSE:-http://localhost:8787}.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type Block, complaint, README_ORIGIN, readBlocks } from './readme-blocks.ts'

const BLOCK_LIMIT_MS = 60_000

const [origin = README_ORIGIN, readme = 'README.md'] = process.argv.slice(2)
const scratch = mkdtempSync(join(tmpdir(), 'tour-'))
const bash = spawn('bash', ['-euo', 'pipefail'], {
  detached: true,
  stdio: ['pipe', 'pipe', 'inherit'],
  env: { ...process.env, GATEHOUSE: origin },
})
const reports = createInterface({ input: bash.stdout })
const ended = new Promise<string>((resolve) => {
  bash.on('error', (error) => resolve(error.message))
  bash.on('exit', (code, signal) => resolve(`ended with ${signal ?? `exit code ${code}`}`))
})

process.on('exit', () => {
  rmSync(scratch, { recursive: true, force: true })
  if (bash.pid !== undefined && bash.exitCode === null) process.kill(-bash.pid, 'SIGKILL')
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1))

const indented = (text: string) => text.replaceAll('\r', '').trimEnd().replace(/^/gm, '    ')

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

/** Runs a block. Returns what went wrong, if anything, and what it printed. */
async function run(block: Block, index: number) {
  const [script, output, errors] = ['sh', 'out', 'err'].map((end) =>
    join(scratch, `${index}.${end}`),
  )
  writeFileSync(`${script}`, block.script)
  const done = new Promise<undefined>((resolve) => reports.once('line', () => resolve(undefined)))
  const late = new Promise<string>((resolve) => {
    setTimeout(() => resolve('took too long'), BLOCK_LIMIT_MS).unref()
  })
  // The block is sourced from a file, so it can neither see nor consume the commands that follow
  // it.
  bash.stdin.write(`source '${script}' >'${output}' 2>'${errors}' </dev/null; echo done\n`)
  const fault = await Promise.race([done, ended, late])
  const printed = readIfThere(`${output}`)
  return {
    fault: fault ?? complaint(block, printed, origin),
    printed: printed + readIfThere(`${errors}`),
  }
}

async function tour(blocks: Block[]): Promise<number> {
  for (const [index, block] of blocks.entries()) {
    console.log(`\n[${index + 1}/${blocks.length}] ${readme}, line ${block.line}`)
    console.log(indented(block.script))
    const started = performance.now()
    const { fault, printed } = await run(block, index)
    const took = `${Math.round(performance.now() - started)} ms`
    if (fault !== undefined) {
      console.log(`  FAILED after ${took}: ${fault}\n  It printed:\n${indented(printed)}`)
      if (block.expected) console.log(`  The README shows:\n${indented(block.expected.text)}`)
      console.log(`\ntour: ${index} passed, 1 failed`)
      return 1
    }
    console.log(`  ok, ${took}${block.expected ? ', printed as shown' : ''}`)
  }
  console.log(`\ntour: ${blocks.length} passed, 0 failed`)
  return 0
}

const blocks = readBlocks(readFileSync(readme, 'utf8'))
if (blocks.length === 0) {
  console.error(`${readme} has no sh block between <!-- tour:start --> and <!-- tour:end -->.`)
  process.exit(1)
}
process.exit(await tour(blocks))
