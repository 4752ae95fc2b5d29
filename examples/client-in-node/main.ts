/**
 * A Node program that signs in to Gatehouse, reads and changes something, and signs out. GATEHOUSE
 * is the URL of the service, EMAIL and PASSWORD are the credentials of the account.
 */
import { createGatehouse, isGatehouseFailure } from '@gatehouse/client'

const { GATEHOUSE = 'http://localhost:8787', EMAIL = '', PASSWORD = '' } = process.env
const gatehouse = createGatehouse({ baseUrl: GATEHOUSE, timeoutMs: 5000 })
gatehouse.subscribe((event) => console.log(`* ${event.type}`))

try {
  const result = await gatehouse.signIn({ email: EMAIL, password: PASSWORD, remember: true })
  if (result.status !== 'signed_in') throw new Error(`This account must first: ${result.status}`)
  console.log(`Hello, ${result.user.full_name}`)

  const body = { preferences: { greeted_at: new Date().toISOString() } }
  const { preferences } = await gatehouse.patch('/api/v1/users/profile', { body })
  console.log('Preferences:', preferences)

  const { items } = await gatehouse.get('/api/v1/users/sessions')
  for (const session of items) console.log(`Session of ${session.user_agent ?? 'a program'}`)

  await gatehouse.signOut()
} catch (error) {
  if (!isGatehouseFailure(error)) throw error
  // `unauthorised`, `refused`, `failed`, `unreachable` or `timed_out`: docs/client.md.
  console.error(`${error.outcome}: ${error.message}`)
  process.exitCode = 1
}
