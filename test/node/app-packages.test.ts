/** The packages for apps as others get them: packed, and installed into an empty project without a network. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { printSizes } from '../../packages/build-package.ts'
import { buildClient } from '../../packages/client/build.ts'
import { buildHono } from '../../packages/hono/build.ts'
import { buildReact } from '../../packages/react/build.ts'

const root = join(import.meta.dirname, '../..')
const project = mkdtempSync(join(tmpdir(), 'gatehouse-packages-'))
afterAll(() => rmSync(project, { recursive: true, force: true }))

function run(command: string, args: string[], cwd = project): string {
  try {
    return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string }
    return `${stdout}${stderr}`
  }
}

const pack = (folder: string) => {
  const args = ['pack', '--ignore-scripts', '--silent', '--pack-destination', project]
  return `./${run('npm', args, join(root, folder)).trim()}`
}

/** What readers install beside them. */
const PEERS = ['react', 'react-dom', 'scheduler', '@types/react', 'csstype', 'hono', 'jose']

beforeAll(async () => {
  printSizes({ ...(await buildClient()), react: (await buildReact())['index'] ?? 0 })
  printSizes({ hono: (await buildHono())['index'] ?? 0 })
  const folders = [
    ...['client', 'react', 'hono'].map((name) => `packages/${name}`),
    ...PEERS.map((name) => `node_modules/${name}`),
  ]
  writeFileSync(join(project, 'package.json'), '{"name":"empty","private":true,"type":"module"}')
  const tarballs = folders.map(pack)
  run('npm', ['install', '--offline', '--no-audit', '--no-fund', ...tarballs])
}, 120_000)

it('they bring their licences, readmes and types, and need what they say', () => {
  for (const name of ['client', 'react', 'hono']) {
    const folder = join(project, 'node_modules/@gatehouse', name)
    for (const file of ['README.md', 'dist/index.js', 'dist/index.d.ts']) {
      expect(readFileSync(join(folder, file), 'utf8').length).toBeGreaterThan(100)
    }
    expect(readFileSync(join(folder, 'LICENSE'), 'utf8')).toContain('MIT License')
  }
  const listed = run('npm', ['ls', '--all', '--parseable'])
    .trim()
    .split('\n')
    .map((path) => path.split('node_modules/')[1] ?? '')
  expect(listed.sort()).toEqual(
    ['', '@gatehouse/client', '@gatehouse/hono', '@gatehouse/react', ...PEERS].sort(),
  )
})

it.each([
  ['a bundler, TypeScript 7', 'node_modules/typescript', 'esnext', 'bundler'],
  ['Node, TypeScript 5', 'packages/client/node_modules/typescript', 'nodenext', 'nodenext'],
])(
  'they type-check strictly in an empty project: %s',
  (_, compiler, module, moduleResolution) => {
    const hono = `import { endedInMemory, gatehouse, type GatehouseVariables, requireUser } from '@gatehouse/hono'
import { Hono } from 'hono'
const options = { issuer: 'https://a.example', clientId: 'a', baseUrl: 'https://b.example', cookieKeys: '' }
const app = new Hono<{ Variables: GatehouseVariables }>()
app.use(gatehouse({ ...options, endedSessions: endedInMemory() }))
app.get('/', requireUser, (c) => c.text(c.var.user?.name ?? c.var.gatehouse.signInPath()))
const worker = new Hono<{ Bindings: { KEYS: string }; Variables: GatehouseVariables & { mine: number } }>()
worker.use(gatehouse<{ Bindings: { KEYS: string } }>((c) => ({ ...options, cookieKeys: c.env.KEYS })))
worker.use('/private/*', requireUser)
// @ts-expect-error: an app has a place
gatehouse({ issuer: 'https://a.example', clientId: 'a', cookieKeys: '' })
export { app, worker }
`
    const react = `import { GatehouseProvider, SignedIn, SignInButton, useGatehouse, useUser } from '@gatehouse/react'
function Name() {
  const { status, user, getAccessToken } = useGatehouse()
  const email: string | undefined = useUser()?.email
  void getAccessToken
  // @ts-expect-error: a user may be missing
  const name: string = user.name
  return status === 'signed_in' ? <p title={email}>{user.sub}{name}</p> : null
}
export const App = () => (
  <GatehouseProvider issuer="https://a.example" clientId="a" storage="localStorage">
    <SignedIn><Name /></SignedIn>
    <SignInButton className="primary" options={{ prompt: 'login' }}>Sign in</SignInButton>
    {/* @ts-expect-error: there is no such prompt */}
    <SignInButton options={{ prompt: 'nothing' }} />
  </GatehouseProvider>
)
`
    writeFileSync(join(project, 'hono.ts'), hono)
    writeFileSync(join(project, 'react.tsx'), react)
    const compilerOptions = {
      strict: true,
      exactOptionalPropertyTypes: true,
      target: 'es2022',
      noEmit: true,
      jsx: 'react-jsx',
      module,
      moduleResolution,
      lib: ['es2022', 'dom', 'dom.iterable'],
      types: [],
      // Of Hono and React, which are not ours.
      skipLibCheck: true,
    }
    const config = { compilerOptions, include: ['*.ts', '*.tsx'] }
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(config))
    expect(run(process.execPath, [join(root, compiler, 'bin/tsc'), '-p', '.'])).toBe('')
  },
  60_000,
)

it('React renders on a server without a window, and shows nothing about a user', () => {
  const program = `import { createElement as h } from 'react'
import { renderToString } from 'react-dom/server'
import { GatehouseProvider, SignedIn, SignedOut, SignInButton } from '@gatehouse/react'
const options = { issuer: 'https://a.example', clientId: 'a', storage: 'localStorage' }
console.log(renderToString(h(GatehouseProvider, options,
  h(SignedIn, null, 'in'), h(SignedOut, null, 'out'), h(SignInButton), 'rest')))`
  expect(run(process.execPath, ['--input-type=module', '-e', program])).toBe(
    '<button type="button">Sign in</button>rest\n',
  )
})

it('Hono runs in Node as it was installed', () => {
  const program = `import { gatehouse, requireUser } from '@gatehouse/hono'
import { Hono } from 'hono'
const app = new Hono()
app.use(gatehouse({ issuer: 'http://localhost:9', clientId: 'a', baseUrl: 'http://localhost:3000',
  cookieKeys: 'k1:' + Buffer.alloc(32).toString('base64url') }))
app.get('/', requireUser, (c) => c.text('private'))
console.log((await app.request('/')).status)
console.log((await app.request('/auth/sign-in')).status)`
  expect(run(process.execPath, ['--input-type=module', '-e', program])).toBe('401\n503\n')
})
