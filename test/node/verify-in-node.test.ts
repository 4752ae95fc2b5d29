/** The Node example against the running service, by the commands of its README. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PASSWORD, PUBLIC_URL, startService } from './service.ts'

const service = startService()
const README = readFileSync('examples/verify-in-node/README.md', 'utf8')
const commandOf = (file: string): string => {
  const command = README.split('\n').find((line) =>
    line.endsWith(`node examples/verify-in-node/${file}`),
  )
  if (command === undefined) throw new Error(`the README has no command for ${file}`)
  return command
}

const children: ChildProcess[] = []
/** Runs a command of the README; resolves with the address that it says. */
async function run(command: string, gatehouse: string): Promise<string> {
  const child = spawn('sh', ['-c', `exec env ${command}`], {
    env: { ...process.env, GATEHOUSE: gatehouse, GATEHOUSE_ISSUER: PUBLIC_URL, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  for await (const line of createInterface({ input: child.stdout })) {
    const [address] = /http:\/\/localhost:\d+/.exec(line) ?? []
    if (address) return address
  }
  throw new Error(`${command} ended without listening`)
}

const ask = async (address: string, authorization?: string) => {
  const response = await fetch(address, { headers: authorization ? { authorization } : {} })
  const { status, headers } = response
  // Read as what the test is about to assert.
  return { status, headers, body: (await response.json()) as any }
}

/** Accepts connections and never says a word. */
const silent = createServer(() => undefined)

let url: string
let root: string
let offline: string
let instant: string
let withKey: string
beforeAll(async () => {
  const started = await service.start()
  ;({ root } = started)
  url = started.url.origin
  const request = { name: 'My service', permissions: ['read:all'], password: PASSWORD }
  const { token } = await service.ask('POST', '/admin/api-keys', request, root)
  withKey = commandOf('instant.mjs').replace('ghk_...', token)
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  ;[offline, instant] = await Promise.all([run(commandOf('offline.mjs'), url), run(withKey, url)])
}, 60_000)
afterAll(async () => {
  for (const child of children) child.kill()
  silent.closeAllConnections()
  silent.close()
  await service.server.close()
})

describe.each([
  ['offline.mjs', () => offline],
  ['instant.mjs', () => instant],
])('%s', (_, address) => {
  it('knows whose token it is', async () => {
    const { id, token } = await service.person(root)
    const { status, body } = await ask(address(), `Bearer ${token}`)
    expect([status, body.hello]).toMatchObject([200, { id, roles: ['user'] }])
  })

  it('answers 401 without a token, and for a wrong one', async () => {
    const { token } = await service.person(root)
    const forged = `${token.slice(0, -8)}AAAAAAAA`
    for (const header of [
      undefined,
      'Basic eDp5',
      'Bearer x',
      'Bearer a.b.c',
      `Bearer ${forged}`,
    ]) {
      const { status, headers } = await ask(address(), header)
      expect([header, status, headers.get('www-authenticate')]).toEqual([header, 401, 'Bearer'])
    }
  })
})

it('a token that was signed out still passes offline, and not once more where it is asked about', async () => {
  const { token } = await service.person(root)
  await service.ask('POST', '/auth/logout', undefined, token)
  expect((await ask(offline, `Bearer ${token}`)).status).toBe(200)
  expect((await ask(instant, `Bearer ${token}`)).status).toBe(401)
})

it('the token of a restricted session passes in neither', async () => {
  const { id, email } = await service.person(root)
  await service.ask('POST', `/admin/users/${id}/require-password-change`, undefined, root)
  const token = await service.signIn(email)
  for (const address of [offline, instant]) {
    expect((await ask(address, `Bearer ${token}`)).status).toBe(401)
  }
})

it('a service that is down, or slow, or refuses the key is 503 with Retry-After, never 401', async () => {
  const { token } = await service.person(root)
  const mute = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`
  const down = 'http://127.0.0.1:1'
  const noKey = withKey.replace(/ghk_[\w-]+/, `ghk_${'a'.repeat(22)}_${'b'.repeat(43)}`)
  const cases: [string, string][] = [
    [commandOf('offline.mjs'), down],
    [commandOf('offline.mjs'), mute],
    [withKey, down],
    [withKey, mute],
    [noKey, url],
  ]
  await Promise.all(
    cases.map(async ([command, gatehouse]) => {
      const { status, headers } = await ask(await run(command, gatehouse), `Bearer ${token}`)
      expect([status, headers.get('retry-after')], `${command} ${gatehouse}`).toEqual([503, '5'])
    }),
  )
}, 20_000)

it('without a key instant.mjs says what it needs', async () => {
  const child = spawn(process.execPath, ['examples/verify-in-node/instant.mjs'], {
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (text: Buffer) => (said += text.toString()))
  const [code] = await once(child, 'close')
  expect([code, said]).toEqual([1, expect.stringContaining('GATEHOUSE_API_KEY')])
})
