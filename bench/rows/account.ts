/** What users do with their own account, from its registration on. */
import { type Login, PASSWORD, type Walk } from './walk.ts'

export async function account(walk: Walk): Promise<void> {
  const { ask, email } = walk
  const { id, mailed: token } = await ask<{ id: number }>('POST /auth/register', {
    body: { email, password: PASSWORD, full_name: 'Ada Lovelace' },
    by: '',
    mail: 'verify-email',
  })
  walk.id = id
  await ask('POST /auth/resend-verification', { body: { email }, by: '' })
  await ask('POST /auth/verify-email', { body: { token }, by: '' })
  const body = { username: email, password: PASSWORD, remember_me: true }
  const first = await ask<Login>('POST /auth/login', { body, by: '' })
  walk.token = first.access_token
  await ask('GET /auth/session')
  await ask('POST /auth/step-up', { body: { password: PASSWORD } })
  await ask('POST /auth/refresh', { body: { refresh_token: first.refresh_token }, by: '' })
  await ask('GET /auth/password-policy', { by: '' })
  await ask('GET /users/profile')
  await ask('PUT /users/profile', { body: { bio: 'I write programs.', full_name: 'Ada King' } })
  await ask('PATCH /users/profile', { body: { bio: 'I write them by hand.' } })
  await ask('GET /users/permissions')
  await ask('GET /users/permissions/{name}', { path: '/api/v1/users/permissions/read:own' })
  await ask('GET /users/sessions')
  await ask('GET /users/apps')
  await ask('GET /users/activity')
  await ask('GET /users/export')
  const { session_id: session } = await walk.login(PASSWORD)
  await ask('DELETE /users/sessions/{id}', { path: `/api/v1/users/sessions/${session}` })
  await walk.login(PASSWORD)
  await ask('DELETE /users/sessions')
  walk.token = (await walk.login(PASSWORD)).access_token
  const documents = ['jwks.json', 'webauthn', 'passkey-endpoints'].map(
    (name) => `/.well-known/${name}`,
  )
  for (const path of [...documents, '/healthz', '/openapi.json']) {
    await ask(`GET ${path}`, { path, by: '' })
  }
}
