/**
 * `npm run ci:mutants`: puts known faults into the simulation, one after the other, and fails unless the
 * seeded runs catch each of them. The faults are in test/simulation/mutants.ts.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

process.chdir(`${import.meta.dirname}/..`)

const source = readFileSync('test/simulation/mutants.ts', 'utf8')
const mutants = Array.from(source.matchAll(/^ {2}'([a-z-]+)':/gm), ([, name = '']) => name)
if (mutants.length === 0) throw new Error('no mutant in test/simulation/mutants.ts')

for (const mutant of mutants) {
  const args = ['--mutant', mutant, '--runs', '1000', '--seed', '1', '--jobs', '1']
  const { status, stdout } = spawnSync(process.execPath, ['scripts/simulate.ts', ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  console.log(/^.* runs of .*$/m.exec(stdout)?.[0] ?? stdout)
  if (status !== 0) {
    console.log(`NOT caught: ${mutant}`)
    process.exit(1)
  }
  console.log(`caught: ${mutant}`)
}
