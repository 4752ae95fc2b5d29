/**
 * Runs main.ts. With EMAIL and PASSWORD it uses that account of a running service. Without them it
 * starts its own service, with an account to sign in to.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { buildClient } from '../../packages/client/build.ts'
import { startLocalService } from '../../scripts/local-service.ts'

async function startOwn() {
  const service = await startLocalService()
  const account = { email: 'ada@example.com', password: 'Correct-Horse-7' }
  const made = await fetch(`${service.base}/api/v1/setup`, {
    method: 'POST',
    body: new URLSearchParams({
      ...account,
      full_name: 'Ada Lovelace',
      token: service.setupToken,
    }),
  })
  if (!made.ok) throw new Error(`/api/v1/setup answered ${made.status}`)
  const { email: EMAIL, password: PASSWORD } = account
  return { env: { GATEHOUSE: service.base, EMAIL, PASSWORD }, stop: () => service.stop() }
}

await buildClient()
const own = process.env.EMAIL && process.env.PASSWORD ? undefined : await startOwn()
const program = spawn(process.execPath, [`${import.meta.dirname}/main.ts`], {
  stdio: 'inherit',
  env: { ...process.env, ...own?.env },
})
const [code] = (await once(program, 'exit')) as [number | null]
await own?.stop()
process.exit(code ?? 1)
