import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

/** Many seeds of test/simulation in one process, for scripts/simulate.ts; `npm test` runs a few. */
const bindings = {
  TEST_MIGRATIONS: await readD1Migrations('migrations'),
  PUBLIC_URL: 'http://localhost:8787',
  TOKEN_KEYS: 'test1:c0iNsZ6uHV9l9oW4hZrQ8C2mZ0Y3bqK7xT1vJm5PpQE',
  DATA_KEYS: 'test1:m3hUfYy0o8b2J1kqzDqTn5ZsX7w4r6VtLcGgEeBhaOs',
  SETUP_TOKEN: 'test-9f2c61d07be84a35',
  PASSWORD_HASH_ROUNDS: '1',
  LOG_REQUESTS: 'false',
  SIMULATION_SEED: process.env['SIMULATION_SEED'] ?? '1',
  SIMULATION_RUNS: process.env['SIMULATION_RUNS'] ?? '10',
  SIMULATION_STEPS: process.env['SIMULATION_STEPS'] ?? '100',
  SIMULATION_MUTANT: process.env['SIMULATION_MUTANT'] ?? '',
}

export default defineConfig({
  plugins: [
    cloudflareTest({ wrangler: { configPath: './wrangler.toml' }, miniflare: { bindings } }),
  ],
  test: {
    name: 'simulation',
    include: ['test/simulation/many-runs.ts'],
    // Not the suite's own, which holds every answer against the API document: that is half of a run's time.
    setupFiles: ['./test/simulation/migrated.ts'],
    testTimeout: 24 * 3_600_000,
  },
})
