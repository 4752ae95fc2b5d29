/** vitest's globalSetup of the project `clients`: one running service for all of its files, with an admin. */
import type { TestProject } from 'vitest/node'
import { startLocalService } from '../../scripts/local-service.ts'
import { installDebianClients } from './debian.ts'
import { PASSWORD } from './gatehouse.ts'

let stop: (() => Promise<void>) | undefined

export async function setup(project: TestProject): Promise<void> {
  installDebianClients()
  const service = await startLocalService({ LOG_REQUESTS: 'false' }, { knowsItsOrigin: true })
  ;({ stop } = service)
  const call = async (path: string, body: object): Promise<any> => {
    const response = await fetch(`${service.base}/api/v1${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    return response.json()
  }
  const email = 'root@example.com'
  const { setupToken: token } = service
  await call('/setup', { token, email, password: PASSWORD, full_name: 'Root' })
  const { access_token: admin } = await call('/auth/login', { username: email, password: PASSWORD })
  project.provide('gatehouse', { base: service.base, admin })
}

export const teardown = async (): Promise<void> => stop?.()

declare module 'vitest' {
  interface ProvidedContext {
    gatehouse: { readonly base: string; readonly admin: string }
  }
}
