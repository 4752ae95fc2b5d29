/** Starts the page and its own service, which allows calls from the page's origin. */
import { buildClient } from '../../packages/client/build.ts'
import { type LocalService, startLocalService } from '../../scripts/local-service.ts'
import { servePage } from './server.ts'

export const ACCOUNT = {
  email: 'ada@example.com',
  password: 'Correct-Horse-7',
  full_name: 'Ada Lovelace',
}

export interface Example {
  readonly origin: string
  readonly service: LocalService
  readonly stop: () => Promise<void>
}

/** Starts both, with an account to sign in to. */
export async function startExample(port: number): Promise<Example> {
  await buildClient()
  const page = await servePage(port)
  const service = await startLocalService({ ALLOWED_ORIGINS: page.origin })
  page.pointTo(service.base)
  const made = await fetch(`${service.base}/api/v1/setup`, {
    method: 'POST',
    body: new URLSearchParams({ ...ACCOUNT, token: service.setupToken }),
  })
  if (!made.ok) throw new Error(`/api/v1/setup answered ${made.status}`)
  return {
    origin: page.origin,
    service,
    stop: async () => {
      page.stop()
      await service.stop()
    },
  }
}

if (process.argv[1] === import.meta.filename) {
  const { origin, stop } = await startExample(Number(process.env.PORT ?? 8790))
  console.log(
    `\n${origin}   sign in as ${ACCOUNT.email} with ${ACCOUNT.password}; Ctrl-C ends it\n`,
  )
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void stop().then(() => process.exit(0)))
  }
}
