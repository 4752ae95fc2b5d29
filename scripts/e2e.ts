/**
 * `npm run test:e2e`: the journeys of test/e2e in Debian's Chromium (or the one that CHROMIUM names).
 * Without a browser it says so and succeeds, unless CI is set: there the browser must be there.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'

process.chdir(`${import.meta.dirname}/..`)

const browser = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser'].find(
  (path) => path !== undefined && existsSync(path),
)
if (browser === undefined) {
  console.log('e2e: no Chromium here (apt-get install chromium, or set CHROMIUM): skipped')
  process.exit(process.env.CI ? 1 : 0)
}

const wanted = process.argv.slice(2)
const journeys = readdirSync('test/e2e')
  .filter((name) => name.endsWith('.journey.ts'))
  .filter((name) => wanted.length === 0 || wanted.some((word) => name.includes(word)))
  .map((name) => `test/e2e/${name}`)

// In one process, so that all journeys share one service and one browser.
const args = ['--test', '--test-isolation=none', '--test-reporter=spec', ...journeys]
const { status } = spawnSync(process.execPath, args, {
  stdio: 'inherit',
  env: {
    ...process.env,
    CHROMIUM: browser,
    WRANGLER_SEND_METRICS: 'false',
    CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  },
})
process.exit(status ?? 1)
