/** Passwords, the second factor and the address: what proves who one is, changed and lost. */
import { secondStepByPasskey } from './passkeys.ts'
import { codeOf, type Login, PASSWORD, type Walk } from './walk.ts'

const NEXT_PASSWORD = 'Better-Horse-8'
const LAST_PASSWORD = 'Third-Horse-9'

export async function credentials(walk: Walk): Promise<void> {
  const { ask, email } = walk
  walk.token = (await walk.login(PASSWORD)).access_token
  await ask('POST /users/change-password', {
    body: { current_password: PASSWORD, new_password: NEXT_PASSWORD },
  })
  const forgot = { body: { email }, by: '', mail: 'reset-password' }
  const { mailed: token } = await ask('POST /auth/forgot-password', forgot)
  await ask('POST /auth/reset-password', { body: { token, new_password: LAST_PASSWORD }, by: '' })
  walk.token = (await walk.login(LAST_PASSWORD)).access_token
  await secondFactor(walk)
  await address(walk)
}

/** A code is taken once, and a step early or late: so three may follow each other at once. */
async function secondFactor(walk: Walk): Promise<void> {
  const { ask } = walk
  const password = LAST_PASSWORD
  const { secret } = await ask<{ secret: string }>('POST /users/2fa/setup', { body: { password } })
  await ask('POST /users/2fa/enable', { body: { code: codeOf(secret, -1) } })
  await ask('GET /users/2fa')
  const { recovery_codes: codes } = await ask<{ recovery_codes: string[] }>(
    'POST /users/2fa/recovery-codes',
    { body: { password, code: codeOf(secret) } },
  )
  const { challenge_token } = await walk.login(password)
  const body = { challenge_token, code: codeOf(secret, 1) }
  walk.token = (await ask<Login>('POST /auth/2fa/verify', { body, by: '' })).access_token
  await trustedBrowser(walk, codes[1])
  await secondStepByPasskey(walk, password)
  await ask('POST /users/2fa/disable', { body: { password, recovery_code: codes[0] } })
}

async function trustedBrowser(walk: Walk, recovery_code: string | undefined): Promise<void> {
  const { ask, email } = walk
  const password = LAST_PASSWORD
  const { challenge_token } = await walk.login(password)
  const { device_token } = await walk.prepare<{ device_token: string }>(
    'POST',
    '/auth/2fa/verify',
    { body: { challenge_token, recovery_code, trust_device: true }, by: '' },
  )
  await ask('POST /auth/login (in a trusted browser)', {
    body: { username: email, password, device_token },
    by: '',
  })
  const { items } = await ask<{ items: { id: string }[] }>('GET /users/trusted-devices')
  const path = `/api/v1/users/trusted-devices/${items[0]?.id}`
  await ask('PATCH /users/trusted-devices/{id}', { path, body: { name: 'Laptop' } })
  await ask('DELETE /users/trusted-devices/{id}', { path })
  await ask('DELETE /users/trusted-devices')
}

async function address(walk: Walk): Promise<void> {
  const { ask } = walk
  walk.token = (await walk.login(LAST_PASSWORD)).access_token
  const change = {
    body: { password: LAST_PASSWORD, new_email: `moved-${walk.email}` },
    mail: 'confirm-email-change',
  }
  const { mailed: declined } = await ask('POST /users/change-email', change)
  await ask('POST /auth/decline-email-change', { body: { token: declined }, by: '' })
  const asked = await ask('POST /users/change-email (after a declined one)', change)
  const moved = await ask('POST /auth/confirm-email-change', {
    body: { token: asked.mailed },
    mail: 'undo-email-change',
  })
  walk.token = (await walk.login(LAST_PASSWORD, `moved-${walk.email}`)).access_token
  await ask('POST /auth/logout')
  await ask('POST /auth/undo-email-change', { body: { token: moved.mailed }, by: '' })
}
