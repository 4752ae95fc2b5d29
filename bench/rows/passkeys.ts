/** Passkeys: by an emailed link, added, used, renamed, undone and removed. */
import { SoftwareAuthenticator } from '../../test/support/authenticator.ts'
import { API, type Asked, type Login, type Walk } from './walk.ts'

const ORIGIN = 'http://localhost:8787'

type Creation = Parameters<SoftwareAuthenticator['create']>[0]
type Request = Parameters<SoftwareAuthenticator['get']>[0]
interface Options<K> {
  publicKey: K
  challenge_token: string
}
interface Added {
  passkey: { id: string }
}

const created = async (device: SoftwareAuthenticator, options: Options<Creation>) => ({
  challenge_token: options.challenge_token,
  credential: await device.create(options.publicKey, { origin: ORIGIN }),
})

const used = async (device: SoftwareAuthenticator, options: Options<Request>) => ({
  challenge_token: options.challenge_token,
  credential: await device.get(options.publicKey, { origin: ORIGIN }),
})

/** Somebody who has passkeys and no password. */
export async function passkeys(walk: Walk): Promise<void> {
  const { ask, prepare } = walk
  const device = new SoftwareAuthenticator()
  const { id, mailed: token } = await walk.register(`keys-${walk.email}`, 'verify-email')
  const byLink = await ask<Options<Creation>>('POST /auth/passkey/options-by-link', {
    body: { purpose: 'verify_email', token },
    by: '',
  })
  const { passkey: first } = await ask<Added>('POST /auth/verify-email (by passkey)', {
    path: `${API}/auth/verify-email`,
    body: { token, passkey: await created(device, byLink) },
    by: '',
  })
  const options = await ask<Options<Request>>('POST /auth/passkey/options', { by: '' })
  const { access_token: by } = await ask<Login>('POST /auth/passkey/verify', {
    body: await used(device, options),
    by: '',
  })
  await ask('GET /users/passkeys', { by })
  const proof = await ask<Options<Request>>('POST /auth/step-up/passkey/options', { by })
  await ask('POST /auth/step-up (by passkey)', { by, body: { passkey: await used(device, proof) } })
  const more = await ask<Options<Creation>>('POST /users/passkeys/options', { by, body: {} })
  const { mailed: undo } = await ask('POST /users/passkeys', {
    by,
    body: await created(new SoftwareAuthenticator(), more),
    mail: 'undo-sign-in-method',
  })
  await ask('POST /auth/undo-sign-in-method', { body: { token: undo }, by: '' })

  const again = await prepare<Options<Request>>('POST', '/auth/passkey/options', { by: '' })
  const { access_token: now } = await prepare<Login>('POST', '/auth/passkey/verify', {
    body: await used(device, again),
    by: '',
  })
  const other = await addPasskey(walk, new SoftwareAuthenticator(), { by: now })
  const own = { by: now, path: `${API}/users/passkeys/${other}` }
  await ask('PATCH /users/passkeys/{id}', { ...own, body: { name: 'Phone' } })
  await ask('DELETE /users/passkeys/{id}', own)
  const admin = { by: walk.adminToken, path: `${API}/admin/users/${id}/passkeys` }
  await ask('GET /admin/users/{id}/passkeys', admin)
  const path = `${admin.path}/${first.id}`
  await ask('DELETE /admin/users/{id}/passkeys/{passkey_id}', { ...admin, path })
}

/** The second step by passkey, of a user whose second factor is on. Leaves no passkey. */
export async function secondStepByPasskey(walk: Walk, password: string): Promise<void> {
  const device = new SoftwareAuthenticator()
  const id = await addPasskey(walk, device)
  const { challenge_token } = await walk.login(password)
  const options = await walk.ask<Options<Request>>('POST /auth/2fa/passkey/options', {
    body: { challenge_token },
    by: '',
  })
  const body = await used(device, options)
  await walk.ask('POST /auth/2fa/verify (by passkey)', { body, by: '' })
  await walk.prepare('DELETE', `/users/passkeys/${id}`)
}

/** Adds a passkey without measuring. Returns its id. */
async function addPasskey(
  { prepare }: Walk,
  device: SoftwareAuthenticator,
  who: Pick<Asked, 'by'> = {},
): Promise<string> {
  const options = await prepare<Options<Creation>>('POST', '/users/passkeys/options', {
    ...who,
    body: {},
  })
  const body = await created(device, options)
  return (await prepare<Added>('POST', '/users/passkeys', { ...who, body })).passkey.id
}
