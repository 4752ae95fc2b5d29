/** Runs main.ts against a service of its own, with an account to sign in to. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { buildClient } from '../../packages/client/build.ts'
import { startLocalService } from '../../scripts/local-service.ts'

await buildClient()
const service = await startLocalService()
const account = { email: 'ada@example.com', password: 'Correct-Horse-7', full_name: 'Ada Lovelace' }
const made = await fetch(`${service.base}/api/v1/setup`, {
  method: 'POST',
  body: new URLSearchParams({ ...account, token: service.setupToken }),
})
if (!made.ok) throw new Error(`/api/v1/setup answered ${made.status}`)

const program = spawn(process.execPath, [`${import.meta.dirname}/main.ts`], {
  stdio: 'inherit',
  env: {
    ...process.env,
    GATEHOUSE: service.base,
    EMAIL: account.email,
    PASSWORD: account.password,
  },
})
const [code] = (await once(program, 'exit')) as [number | null]
await service.stop()
process.exit(code ?? 1)
