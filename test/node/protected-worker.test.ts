/**
 * Another Worker that protects something by the service binding: two Workers and real RPC. And the
 * same in a project that has nothing but what the example's README says, word by word.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestHarness } from 'wrangler'
import { startService } from './service.ts'

const EXAMPLE = 'examples/protected-worker'
const README = readFileSync(`${EXAMPLE}/README.md`, 'utf8')
const blockOf = (language: string): string => {
  const [, block] = new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(README) ?? []
  if (block === undefined) throw new Error(`the README has no ${language}`)
  return block
}

/** A project that follows the README; only its name and its own two routes are ours. */
function followReadme(): string {
  const folder = mkdtempSync(join(tmpdir(), 'follows-readme-'))
  const types = readFileSync('src/rpc/rpc-types.ts', 'utf8')
  const middleware = readFileSync(`${EXAMPLE}/src/gatehouse.ts`, 'utf8')
  mkdirSync(`${folder}/src`)
  symlinkSync(join(process.cwd(), 'node_modules'), `${folder}/node_modules`)
  const files = {
    'wrangler.toml': `name = "empty"\nmain = "src/index.ts"\ncompatibility_date = "2026-10-23"\n${blockOf('toml')}`,
    'src/rpc-types.ts': types,
    'src/gatehouse.ts': middleware.replace('../../../src/rpc/rpc-types', './rpc-types'),
    'src/index.ts': `import { Hono } from 'hono'\n${blockOf('ts')}
      app.get('/notes', (c) => c.json({ reader: c.get('user').id }))
      export default app`,
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return folder
}

const project = followReadme()
const service = startService([`./${EXAMPLE}/wrangler.toml`, `${project}/wrangler.toml`])
let root: string
beforeAll(async () => {
  ;({ root } = await service.start())
}, 60_000)
afterAll(async () => {
  await service.server.close()
  rmSync(project, { recursive: true })
})

interface Asked {
  method?: string
  body?: string
}
const ask = async (worker: string, token?: string, { method = 'GET', body }: Asked = {}) => {
  const response = await service.server.getWorker(worker).fetch('http://app.example/notes', {
    method,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    ...(body !== undefined && { body }),
  })
  const text = await response.text()
  const { status, headers } = response
  return { status, headers, body: text.startsWith('{') ? JSON.parse(text) : text }
}

const codeOf = async (worker: string, token?: string, asked?: Asked) => {
  const { status, body } = await ask(worker, token, asked)
  return `${status} ${body.code ?? ''}`.trim()
}

const promote = (id: number, role: string) =>
  service.ask('POST', `/admin/users/${id}/roles`, { role }, root)

it('the example binds as its README says', () => {
  expect(readFileSync(`${EXAMPLE}/wrangler.toml`, 'utf8')).toContain(blockOf('toml'))
  const code = readFileSync(`${EXAMPLE}/src/index.ts`, 'utf8')
  for (const line of blockOf('ts').split('\n')) expect(code).toContain(line.split(' =>')[0])
  const lines = (blockOf('toml') + blockOf('ts')).split('\n').filter(Boolean)
  expect(lines).toHaveLength(5)
})

describe.each(['protected-worker', 'empty'])('%s', (worker) => {
  it('admits a signed-in user and passes on who it is', async () => {
    const { id, token } = await service.person(root)
    expect(await ask(worker, token)).toMatchObject({ status: 200, body: { reader: id } })
  })

  it('answers 401 without a token and for a wrong one, and says which it was', async () => {
    const none = await ask(worker)
    expect([none.status, none.body.code, none.headers.get('www-authenticate')]).toEqual([
      401,
      'no_token',
      'Bearer',
    ])
    const wrong = await ask(worker, 'a.b.c')
    expect([wrong.status, wrong.body.code, wrong.headers.get('www-authenticate')]).toEqual([
      401,
      'invalid_token',
      'Bearer error="invalid_token"',
    ])
  })

  it('a session revoked midway stops at the next request', async () => {
    const { token } = await service.person(root)
    expect(await codeOf(worker, token)).toBe('200')
    await service.ask('POST', '/auth/logout', undefined, token)
    expect(await codeOf(worker, token)).toBe('401 invalid_token')
  })

  it('so does everything of a user who is deactivated', async () => {
    const { id, token } = await service.person(root)
    expect(await codeOf(worker, token)).toBe('200')
    await service.ask('PUT', `/admin/users/${id}/status`, { is_active: false }, root)
    expect(await codeOf(worker, token)).toBe('401 invalid_token')
  })

  it('a permission is there with its role, and withdrawn with it, in the same session', async () => {
    const { id, token } = await service.person(root)
    const clear = () => codeOf(worker, token, { method: 'DELETE' })
    expect(await clear()).toBe('403 forbidden')
    await promote(id, 'admin')
    expect(await clear()).toBe('204')
    await service.ask('DELETE', `/admin/users/${id}/roles/admin`, undefined, root)
    expect(await clear()).toBe('403 forbidden')
  })

  it('a session with a required action is told which one', async () => {
    const { id, token } = await service.person(root)
    await service.ask('POST', `/admin/users/${id}/require-password-change`, undefined, root)
    expect(await codeOf(worker, token)).toBe('403 password_expired')
  })
})

it('a body reaches the handler behind the question', async () => {
  const { token } = await service.person(root)
  const posted = await ask('protected-worker', token, { method: 'POST', body: 'buy milk' })
  expect([posted.status, posted.body]).toEqual([201, { notes: ['buy milk'] }])
})

describe('a service that gives no verdict is 503 with Retry-After, never 401', () => {
  const stop: (() => Promise<void>)[] = []
  afterAll(async () => {
    for (const each of stop) await each()
  })

  it.each([
    ['makes the call throw, as it does when it is stopped', 'StoppedGatehouse'],
    ['is slower than anybody waits', 'SilentGatehouse'],
  ])(
    'when it %s',
    async (_, entrypoint) => {
      const main = `${process.cwd()}/${EXAMPLE}/src/index.ts`
      const services = [{ binding: 'GATEHOUSE', service: 'no-gatehouse', entrypoint }]
      const of = { compatibility_date: '2026-10-23' }
      const server = createTestHarness({
        root: process.cwd(),
        workers: [
          { config: { ...of, name: 'protected-worker', main, services } },
          { config: { ...of, name: 'no-gatehouse', main: './test/node/no-gatehouse.mjs' } },
        ],
      })
      stop.push(() => server.close())
      await server.listen()
      const { token } = await service.person(root)
      const began = Date.now()
      const response = await server.fetch('/notes', {
        headers: { authorization: `Bearer ${token}` },
      })
      expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5'])
      expect(await response.json()).toEqual({ code: 'unavailable' })
      expect(Date.now() - began).toBeLessThan(10_000)
      expect((await server.fetch('/')).status).toBe(200)
    },
    60_000,
  )
})
