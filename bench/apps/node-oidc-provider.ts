/** node-oidc-provider, in a Node process of its own, with an app that every user has allowed. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { cpuMsOf } from '../runtime/process.ts'
import { Browser } from './browser.ts'
import { each } from './http.ts'
import { authorizePath, discover, FROM_APP, type Provider, REDIRECT_URI } from './provider.ts'
import { codeIn } from './steps.ts'

const CLIENT = {
  id: 'bench-client',
  secret: 'oH3Kq9vYt2sLw7Xb5Rz8Nc4Pd1Jf6Gm0',
  scope: 'openid profile email',
}

export interface NodeProvider {
  readonly provider: Provider
  stop(): Promise<void>
}

/** Starts it, with its database in a folder. */
export async function nodeProvider(folder: string, users: number): Promise<NodeProvider> {
  const server = join(import.meta.dirname, 'oidc-provider/server.ts')
  const child = fork(server, [folder, CLIENT.id, CLIENT.secret, String(users)], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    env: { ...process.env, NODE_ENV: 'production' },
  })
  const stop = async () => {
    if (child.exitCode !== null) return
    const gone = once(child, 'exit')
    child.kill()
    await gone
  }
  try {
    const url = await addressOf(child)
    const { pid } = child
    const provider = {
      name: 'oidc_provider',
      url,
      client: CLIENT,
      discovered: await discover(url, '/.well-known/openid-configuration'),
      cpuMs: () => (pid === undefined ? undefined : cpuMsOf(pid)),
      settle: {},
    } as const
    const numbers = Array.from({ length: users }, (_, i) => i)
    const browsers = await each(numbers, 4, (i) =>
      consent(new Browser(url, { 'bench-user': `user${i}` }), provider),
    )
    return { provider: { ...provider, browsers }, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Where it listens. Throws when it ends before it does. */
async function addressOf(child: ReturnType<typeof fork>): Promise<string> {
  const told = once(child, 'message') as Promise<[{ port: number }]>
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`node-oidc-provider ended with ${String(code)}`)
  })
  const [{ port }] = await Promise.race([told, ended])
  ended.catch(() => {})
  return `http://127.0.0.1:${port}`
}

/** Signs in and allows the app, through its interactions. Returns the cookies. */
async function consent(
  browser: Browser,
  provider: Pick<Provider, 'discovered' | 'client'>,
): Promise<string> {
  const path = authorizePath(provider)
  for (let next: string | undefined = path; next?.startsWith(REDIRECT_URI) === false;) {
    next = (await browser.open(next, FROM_APP)).location
  }
  codeIn(await browser.open(path, FROM_APP))
  return browser.cookie
}
