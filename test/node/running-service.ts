/** The running service for tests of what calls it from outside, and people in it. */
import { createGatehouse } from '../../packages/client/src/index.ts'
import { type LocalService, startLocalService } from '../../scripts/local-service.ts'
import { mailedPathAt } from './local-mail.ts'

export const PASSWORD = 'Correct-Horse-7'

export interface RunningService extends LocalService {
  /** The address of a new account, verified. */
  readonly verifiedEmail: () => Promise<string>
}

/** Starts the service with an empty database. */
export async function startService(): Promise<RunningService> {
  const service = await startLocalService()
  let people = 0
  return {
    ...service,
    async verifiedEmail() {
      people += 1
      const email = `person${people}@example.com`
      await verifyAccount(service.base, email)
      return email
    },
  }
}

/** Registers an account and verifies its address by the mail. */
async function verifyAccount(base: string, email: string): Promise<void> {
  const gatehouse = createGatehouse({ baseUrl: base })
  const account = { email, password: PASSWORD, full_name: 'Ada Lovelace' }
  await gatehouse.post('/api/v1/auth/register', { body: account })
  const path = await mailedPathAt(base, email, '/verify-email')
  const token = new URLSearchParams(path.split('?')[1]).get('token') ?? ''
  await gatehouse.post('/api/v1/auth/verify-email', { body: { token } })
}
