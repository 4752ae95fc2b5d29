/** The package as others get it: small, and installed into an empty project without a network. */
import { execFile, execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { printSizes } from '../../packages/build-package.ts'
import { buildClient } from '../../packages/client/build.ts'
import { PASSWORD, startService } from './running-service.ts'

const root = join(import.meta.dirname, '../..')
const project = mkdtempSync(join(tmpdir(), 'gatehouse-client-'))
afterAll(() => rmSync(project, { recursive: true, force: true }))

const run = (command: string, args: string[], cwd = project): string =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

beforeAll(async () => {
  printSizes(await buildClient())
  const pack = ['pack', '--ignore-scripts', '--silent', '--pack-destination', project]
  const tarball = run('npm', pack, join(root, 'packages/client')).trim()
  writeFileSync(join(project, 'package.json'), '{"name":"empty","private":true,"type":"module"}')
  run('npm', ['install', '--offline', '--no-audit', '--no-fund', `./${tarball}`])
}, 60_000)

it('brings its licence and those of what is bundled, and nothing else to install', () => {
  const files = run('npm', ['ls', '--all', '--parseable']).trim().split('\n')
  expect(files.map((path) => path.split('node_modules/')[1])).toEqual([
    undefined,
    '@gatehouse/client',
  ])
  const folder = join(project, 'node_modules/@gatehouse/client')
  for (const file of ['LICENSE', 'dist/openapi-fetch.LICENSE']) {
    expect(readFileSync(join(folder, file), 'utf8')).toContain('MIT License')
  }
  const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    dependencies?: object
  }
  expect(dependencies).toBeUndefined()
})

it.each([
  ['a bundler, TypeScript 7', 'node_modules/typescript', 'esnext', 'bundler', 'dom'],
  ['Node, TypeScript 5', 'packages/client/node_modules/typescript', 'nodenext', 'nodenext', 'dom'],
])(
  'type-checks strictly in an empty project: %s',
  (_, compiler, module, resolution, lib) => {
    cpSync(join(root, 'examples/client-in-node/main.ts'), join(project, 'main.ts'))
    const node =
      'declare const process: { env: Record<string, string | undefined>; exitCode: number }\n'
    writeFileSync(join(project, 'node.d.ts'), node)
    const wrong = `import { createGatehouse } from '@gatehouse/client'
const gatehouse = createGatehouse({ baseUrl: 'https://auth.example.com' })
// @ts-expect-error: there is no such path
await gatehouse.get('/api/v1/nothing')
// @ts-expect-error: this path takes no POST
await gatehouse.post('/api/v1/users/sessions')
// @ts-expect-error: a body is needed
await gatehouse.post('/api/v1/auth/register')
// @ts-expect-error: this field is none of its fields
await gatehouse.patch('/api/v1/users/profile', { body: { is_admin: true } })
const { items } = await gatehouse.get('/api/v1/admin/users', { params: { query: { size: 5 } } })
const address: string | undefined = items[0]?.email
// @ts-expect-error: an address is text
const number: number | undefined = items[0]?.email
const nothing: undefined = await gatehouse.post('/api/v1/auth/logout')
export { address, nothing, number }
`
    writeFileSync(join(project, 'wrong.ts'), wrong)
    const options = {
      strict: true,
      exactOptionalPropertyTypes: true,
      target: 'es2022',
      noEmit: true,
    }
    const compilerOptions = {
      ...options,
      module,
      moduleResolution: resolution,
      lib: ['es2022', lib],
    }
    writeFileSync(
      join(project, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: { ...compilerOptions, types: [] }, include: ['*.ts'] }),
    )
    const said = (() => {
      try {
        return run(process.execPath, [join(root, compiler, 'bin/tsc'), '-p', '.'])
      } catch (error) {
        return String((error as { stdout: string }).stdout)
      }
    })()
    expect(said).toBe('')
  },
  60_000,
)

it('runs in Node as it was installed', () => {
  const program = `import { createGatehouse } from '@gatehouse/client'
const gatehouse = createGatehouse({ baseUrl: 'http://127.0.0.1:9', timeoutMs: 2000 })
await gatehouse.get('/healthz').catch((error) => console.log(error.outcome))`
  expect(run(process.execPath, ['--input-type=module', '-e', program])).toBe('unreachable\n')
})

it('the example in Node runs by the command in its README', () => {
  const said = run('npm', ['run', '--silent', 'example', '--', 'client-in-node'], root)
  expect(said).toMatch(/\* signed_in\nHello, Ada Lovelace\nPreferences: [^]*\* signed_out\n$/)
}, 60_000)

it('and by its second, as an account of a service that runs already', async () => {
  const service = await startService()
  const env = { ...process.env, GATEHOUSE: service.base, PASSWORD }
  try {
    const EMAIL = await service.verifiedEmail()
    const args = ['run', '--silent', 'example', '--', 'client-in-node']
    const { stdout } = await promisify(execFile)('npm', args, { cwd: root, env: { ...env, EMAIL } })
    expect(stdout).toMatch(/\* signed_in\nHello, Ada Lovelace\n[^]*\* signed_out\n$/)
  } finally {
    await service.stop()
  }
}, 60_000)
