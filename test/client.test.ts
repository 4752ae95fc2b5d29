/** @gatehouse/client inside a Worker, with the fetch of a binding in place of the network's. */
import { exports } from 'cloudflare:workers'
import { afterEach, expect, test, vi } from 'vitest'
import {
  createGatehouse,
  createPasskey,
  memoryTokens,
  supportsPasskeys,
} from '../packages/client/src/index.ts'
import { freshIp } from './support/api'
import { SoftwareAuthenticator } from './support/authenticator'
import { mailedToken } from './support/credentials'
import { assertion, ORIGIN, userWithPasskey } from './support/passkeys'
import { ok, userWithSecondFactor } from './support/second-factor'
import { makeUser, PASSWORD } from './support/users'
import { registerByApi } from './support/users-by-api'

afterEach(() => void vi.unstubAllGlobals())

test('signs in, renews its token once for parallel calls, and signs out', async () => {
  const { email } = await makeUser()
  const asked: string[] = []
  const tokens = memoryTokens()
  const gatehouse = createGatehouse({
    baseUrl: 'http://localhost:8787',
    tokens,
    fetch: (request) => {
      asked.push(new URL(request.url).pathname)
      request.headers.set('cf-connecting-ip', freshIp())
      return exports.default.fetch(request)
    },
  })
  const result = await gatehouse.signIn({ email, password: PASSWORD, remember: true })
  expect(result.status).toBe('signed_in')
  const kept = await tokens.get()
  if (kept) await tokens.set({ ...kept, accessToken: 'a.b.c' })
  const calls = [1, 2, 3].map((n) =>
    gatehouse.patch('/api/v1/users/profile', { body: { preferences: { [`k${n}`]: n } } }),
  )
  await Promise.all(calls)
  const user = await gatehouse.get('/api/v1/users/profile')
  expect(user.preferences).toEqual({ k1: 1, k2: 2, k3: 3 })
  expect(asked.filter((path) => path === '/api/v1/auth/refresh')).toHaveLength(1)
  await gatehouse.signOut()
  expect(await tokens.get()).toBeNull()
})

test('a binding that does not answer has timed out, one that throws is unreachable', async () => {
  const by = (fetch: (request: Request) => Promise<Response>) =>
    createGatehouse({ baseUrl: 'http://localhost:8787', timeoutMs: 50, fetch }).get('/healthz')
  const hangs = () => new Promise<Response>(() => undefined)
  await expect(by(hangs)).rejects.toMatchObject({ outcome: 'timed_out' })
  const throws = () => Promise.reject(new Error('Network connection lost.'))
  await expect(by(throws)).rejects.toMatchObject({ outcome: 'unreachable' })
})

/** A browser whose authenticator is ours. `isOld`: it neither reads nor writes JSON. */
function useAuthenticator(authenticator: SoftwareAuthenticator, isOld: boolean): void {
  const text = (part: any): any =>
    part instanceof Uint8Array
      ? part.toBase64({ alphabet: 'base64url', omitPadding: true })
      : Array.isArray(part)
        ? part.map(text)
        : typeof part === 'object' && part !== null
          ? Object.fromEntries(Object.entries(part).map(([name, each]) => [name, text(each)]))
          : part
  const bytes = (part: unknown) =>
    typeof part === 'string'
      ? Uint8Array.fromBase64(part, { alphabet: 'base64url' }).buffer
      : undefined
  const returned = (json: any) =>
    isOld
      ? {
          id: json.id,
          response: {
            ...Object.fromEntries(
              Object.entries(json.response).map(([name, part]) => [name, bytes(part)]),
            ),
            ...(json.response.transports && { getTransports: () => json.response.transports }),
          },
        }
      : { id: json.id, response: {}, toJSON: () => json }
  const how = { origin: ORIGIN }
  const same = (options: object) => options
  vi.stubGlobal(
    'PublicKeyCredential',
    isOld ? {} : { parseCreationOptionsFromJSON: same, parseRequestOptionsFromJSON: same },
  )
  vi.stubGlobal('navigator', {
    credentials: {
      create: async ({ publicKey }: any) =>
        returned(await authenticator.create(text(publicKey), how)),
      get: async ({ publicKey }: any) => returned(await authenticator.get(text(publicKey), how)),
    },
  })
}

const inWorker = () =>
  createGatehouse({
    baseUrl: ORIGIN,
    fetch: (request) => {
      request.headers.set('cf-connecting-ip', freshIp())
      return exports.default.fetch(request)
    },
  })

test.each([false, true])('adds and uses passkeys, in an old browser too (%s)', async (isOld) => {
  useAuthenticator(new SoftwareAuthenticator(), isOld)
  expect(supportsPasskeys()).toBe(true)
  const { email } = await makeUser()
  const gatehouse = inWorker()
  await gatehouse.signIn({ email, password: PASSWORD })
  const { passkey, recoveryCodes } = await gatehouse.addPasskey({ name: 'Laptop' })
  expect([passkey.name, recoveryCodes?.length]).toEqual(['Laptop', 10])
  await gatehouse.renamePasskey(passkey.id, 'Old laptop')
  expect(await gatehouse.listPasskeys()).toMatchObject([{ id: passkey.id, name: 'Old laptop' }])
  await gatehouse.confirmWithPasskey()
  await gatehouse.signOut()
  expect((await gatehouse.signInWithPasskey({ remember: true })).status).toBe('signed_in')
  await gatehouse.removePasskey(passkey.id)
  await expect(gatehouse.signInWithPasskey()).rejects.toMatchObject({ code: 'unknown_passkey' })
})

test('tells the browser of a passkey that is not known', async () => {
  const authenticator = new SoftwareAuthenticator()
  useAuthenticator(authenticator, false)
  const signalled: unknown[] = []
  const signalUnknownCredential = async (about: unknown) => void signalled.push(about)
  Object.assign(Reflect.get(globalThis, 'PublicKeyCredential'), { signalUnknownCredential })
  const ada = await userWithPasskey({}, authenticator)
  const { credential } = await assertion(authenticator)
  const gatehouse = inWorker()
  await gatehouse.signInWithPasskey()
  expect(signalled).toEqual([])
  ok(await ada.asks('DELETE', `/users/passkeys/${ada.passkeyId}`))
  await expect(gatehouse.signInWithPasskey()).rejects.toMatchObject({ code: 'unknown_passkey' })
  expect(signalled).toEqual([{ rpId: 'localhost', credentialId: credential.id }])
})

test('makes a passkey by a link, which replaces the password', async () => {
  useAuthenticator(new SoftwareAuthenticator(), false)
  const { email } = await registerByApi()
  const token = await mailedToken(email, '/verify-email')
  const gatehouse = inWorker()
  const asked = await gatehouse.post('/api/v1/auth/passkey/options-by-link', {
    body: { purpose: 'verify_email', token },
  })
  const passkey = {
    challenge_token: asked.challenge_token,
    credential: await createPasskey(asked),
  }
  await gatehouse.post('/api/v1/auth/verify-email', { body: { token, passkey } })
  expect((await gatehouse.signInWithPasskey()).status).toBe('signed_in')
})

test('trusts a browser, and tells what to prove when a call asks for it', async () => {
  const { email, ...ada } = await userWithSecondFactor()
  const gatehouse = inWorker()
  const first = await gatehouse.signIn({ email, password: PASSWORD })
  if (first.status !== 'second_factor') throw new Error(first.status)
  expect(first.methods).toEqual(['code', 'recovery_code'])
  const [recoveryCode = ''] = ada.recoveryCodes
  const second = await gatehouse.verifySecondFactor(
    first.challengeToken,
    { recoveryCode },
    { trustDevice: true },
  )
  const deviceToken = 'deviceToken' in second ? second.deviceToken : undefined
  expect(deviceToken).toMatch(/^device\./)
  const third = await gatehouse.signIn({
    email,
    password: PASSWORD,
    ...(deviceToken !== undefined && { deviceToken }),
  })
  expect(third.status).toBe('signed_in')
  expect('deviceToken' in third && third.deviceToken !== deviceToken).toBe(true)
  // The session of a trusted browser has strength 1.
  await expect(gatehouse.addPasskey()).rejects.toMatchObject({
    code: 'step_up_required',
    stepUp: { max_age: 600, methods: ['code', 'recovery_code'] },
  })
})
