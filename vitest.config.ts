import { execFileSync } from 'node:child_process'
import { accessSync, constants, statfsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

const migrations = await readD1Migrations('migrations')
// The Worker serves it from its assets.
execFileSync(process.execPath, ['scripts/openapi-asset.mjs'], { cwd: import.meta.dirname })

// Each write to D1 and to an object waits for the disk, which costs up to half of the time. Memory serves
// as well for data that is thrown away: Linux has a folder in it, though a small one in some containers.
const MEMORY = '/dev/shm'
const NEEDED_BYTES = 4 * 1024 ** 3
try {
  accessSync(MEMORY, constants.W_OK)
  const { bavail, bsize } = statfsSync(MEMORY)
  if (bavail * bsize >= NEEDED_BYTES) process.env['TMPDIR'] = MEMORY
} catch {
  // No such folder here: the disk serves.
}

// Random values, generated once. They protect nothing but test data.
const testEnv = {
  TEST_MIGRATIONS: migrations,
  PUBLIC_URL: 'http://localhost:8787',
  TOKEN_KEYS: 'test1:c0iNsZ6uHV9l9oW4hZrQ8C2mZ0Y3bqK7xT1vJm5PpQE',
  DATA_KEYS: 'test1:m3hUfYy0o8b2J1kqzDqTn5ZsX7w4r6VtLcGgEeBhaOs',
  SETUP_TOKEN: 'test-9f2c61d07be84a35',
  PASSWORD_HASH_ROUNDS: '1',
  LOG_REQUESTS: 'false',
}

const insideWorkerd = (
  name: string,
  only: { include: string[]; exclude?: string[]; isolate?: boolean },
) => ({
  plugins: [
    cloudflareTest({
      wrangler: { configPath: './wrangler.toml' },
      miniflare: { bindings: testEnv },
    }),
    // After the plugin, whose definition is that of wrangler.toml: tests check answers against the document.
    { name: 'docs', config: () => ({ define: { __DOCS__: 'true' } }) },
  ],
  test: {
    name,
    ...only,
    // Bounds for what hangs, not measures of speed.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    setupFiles: ['./test/setup.ts'],
    globalSetup: ['./test/node/servers.ts'],
  },
})

// These change, measure or search what all files of a runtime share: timers, the database's meter, every
// object. A list of objects also has those of earlier files, so a search takes longer the later it runs.
const ALONE = [
  'test/faults/coverage.test.ts',
  'test/simulation/*.test.ts',
  'test/{rows,secrets-at-rest,jobs/clean-up,privacy/traces,throttle/schema-steps,user-search/cost}.test.ts',
]

// The full sweep takes minutes (`npm run test:faults`); what it covers, and a few seeded runs, do not.
const FAULTS = 'test/faults/{account,factor,passkey,own-app,oauth,pages,staff,background}.test.ts'

// The service with its tools, examples and packages, run as their users run them: `npm run
// test:whole`.
const WHOLE =
  'test/node/{backup,restore-parts,webhooks,operators,deployment,protected-worker,client,client-overtaken,client-package,app-packages,verify-in-node,programs-in-docs,migrate,mcp}.test.ts'

export default defineConfig({
  test: {
    // The plugin holds back a console line from another I/O context until the runner's next
    // message. If it is the last one of a file, the run would never end.
    disableConsoleIntercept: true,
    // More than there are cores, because some tests wait for a clock or a socket.
    maxWorkers: Math.ceil(availableParallelism() * 1.5),
    projects: [
      insideWorkerd('workerd', {
        include: ['test/**/*.test.{ts,tsx}'],
        exclude: ['test/node/**', 'test/faults/**', 'test/clients/*.test.ts', ...ALONE],
        // A runtime of its own for each file took five times as long. test/setup.ts clears what a file
        // leaves behind.
        isolate: false,
      }),
      insideWorkerd('alone', { include: ALONE }),
      // Every flow with every outside call failing in turn: minutes, so `npm run test:faults`.
      insideWorkerd('faults', { include: [FAULTS] }),
      // Tests that need a real socket: Node talks to the bundle as `wrangler dev` runs it.
      {
        test: {
          name: 'node',
          include: ['test/node/**/*.test.ts'],
          exclude: [WHOLE],
          testTimeout: 15_000,
        },
      },
      { test: { name: 'whole', include: [WHOLE], testTimeout: 30_000 } },
      // Clients of others against one running service, a part of `npm run test:whole`.
      {
        test: {
          name: 'clients',
          include: ['test/clients/*.test.ts'],
          globalSetup: ['./test/clients/service.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
})
