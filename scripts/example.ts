/** `npm run example -- NAME`: builds an example and starts it, in most cases with its own service. */
import { globSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'

const [, , name = ''] = process.argv
const examples = resolve(import.meta.dirname, '../examples')
const names = globSync('*/start.ts', { cwd: examples }).map((file) => basename(dirname(file)))
const file = resolve(examples, name, 'start.ts')

if (!names.includes(name)) {
  console.error(`npm run example -- NAME, where NAME is ${names.sort().join(', ')}`)
  process.exitCode = 1
} else {
  // An example starts only if it is the program that runs, so that tests can import it.
  process.argv[1] = file
  await import(file)
}
