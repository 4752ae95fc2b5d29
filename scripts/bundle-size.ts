/** `npm run ci:bundle`: builds the deployable bundle into dist/, and fails when it is too big. */
import { spawnSync } from 'node:child_process'

process.chdir(`${import.meta.dirname}/..`)

const LIMIT_KIB_GZIP = 400

const wrangler = ['node_modules/wrangler/bin/wrangler.js', 'deploy', '--env=', '--dry-run']
const { status, stdout } = spawnSync(process.execPath, [...wrangler, '--outdir', 'dist'], {
  encoding: 'utf8',
  env: {
    ...process.env,
    WRANGLER_SEND_METRICS: 'false',
    WRANGLER_HIDE_BANNER: 'true',
    NO_COLOR: '1',
  },
  stdio: ['ignore', 'pipe', 'inherit'],
})
console.log(stdout)
const size = Number(/gzip: ([0-9.]+) KiB/.exec(stdout)?.[1])
if (status !== 0) process.exit(status ?? 1)
if (!(size > 0 && size <= LIMIT_KIB_GZIP)) {
  console.log(`FAILED: the bundle has ${size} KiB gzip, at most ${LIMIT_KIB_GZIP} are allowed`)
  process.exit(1)
}
