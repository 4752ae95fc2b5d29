/**
 * `npm run test:e2e [-- words of names] [--keep-pictures]`: runs the journeys of test/e2e in
 * Debian's Chromium (or the one that CHROMIUM names). Each file has its own process, service and
 * browser, so none depends on another. Without a browser it says so and succeeds, except in CI,
 * where it fails. `--remind` runs nothing and prints that it did not.
 */
import { existsSync, readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { Readable } from 'node:stream'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { parseArgs } from 'node:util'

process.chdir(`${import.meta.dirname}/..`)

const { values: asked, positionals: words } = parseArgs({
  allowPositionals: true,
  options: { remind: { type: 'boolean' }, 'keep-pictures': { type: 'boolean' } },
})
const browser = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser'].find(
  (path) => path !== undefined && existsSync(path),
)
/** Stops a test that hangs; not a measure of speed. */
const FILE_LIMIT_MS = 900_000
const MISSING = 'no Chromium here (apt-get install chromium, or set CHROMIUM)'

if (asked.remind) {
  const how = browser === undefined ? MISSING : 'run them with npm run test:e2e'
  console.log(`journeys: skipped, ${how}`)
} else if (browser === undefined) {
  console.log(`journeys: skipped, ${MISSING}`)
  process.exitCode = process.env.CI ? 1 : 0
} else {
  process.exitCode = await runJourneys(browser)
}

/** Runs the selected journeys, prints how many passed, and returns the exit code. */
async function runJourneys(chromium: string): Promise<number> {
  Object.assign(process.env, {
    CHROMIUM: chromium,
    WRANGLER_SEND_METRICS: 'false',
    CLOUDFLARE_CF_FETCH_ENABLED: 'false',
    PICTURES: asked['keep-pictures'] ? 'docs/images' : '.screenshots',
  })
  const files = readdirSync('test/e2e')
    .filter((name) => name.endsWith('.journey.ts'))
    .filter((name) => words.length === 0 || words.some((word) => name.includes(word)))
    .map((name) => `test/e2e/${name}`)
  const counts = { passed: 0, failed: 0 }
  const concurrency = Math.min(2, availableParallelism())
  const events = run({ files, concurrency, timeout: FILE_LIMIT_MS })
  const heard = Readable.from(
    (async function* () {
      for await (const event of events) {
        if (event.type === 'test:summary' && event.data.file === undefined) {
          counts.passed = event.data.counts.passed
          counts.failed = event.data.counts.tests - event.data.counts.passed
        }
        // The service logs its queues and emails to stdout.
        if (event.type !== 'test:stdout') yield event
      }
    })(),
  )
  for await (const line of heard.compose(new spec())) process.stdout.write(String(line))
  console.log(`journeys: ${counts.passed} passed, ${counts.failed} failed`)
  return counts.passed > 0 && counts.failed === 0 ? 0 : 1
}
