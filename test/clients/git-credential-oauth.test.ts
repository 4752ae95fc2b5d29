/** Debian's git-credential-oauth: a native app without a secret, at any port of loopback, without a path. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, expect, inject, it } from 'vitest'
import { Browser } from './browser.ts'
import { hasDebianClients } from './debian.ts'
import { newPerson, registerApp } from './gatehouse.ts'

const home = mkdtempSync(join(tmpdir(), 'git-credential-'))
afterAll(() => rmSync(home, { recursive: true }))

/** What git's credential protocol answers for a forge; `visit` gets the address that the user is to open. */
async function credential(
  config: Readonly<Record<string, string>>,
  visit: (url: string) => Promise<unknown>,
): Promise<Record<string, string>> {
  const { base } = inject('gatehouse')
  const settings = Object.entries(config).map(([name, value]) => [
    `credential.${base}.${name}`,
    value,
  ])
  const git = spawn('git-credential-oauth', ['get'], {
    env: {
      PATH: '/usr/bin:/bin',
      HOME: home,
      // The user's browser is the test's.
      BROWSER: '/bin/true',
      GIT_CONFIG_COUNT: String(settings.length),
      ...Object.fromEntries(
        settings.flatMap(([name, value], n) => [
          [`GIT_CONFIG_KEY_${n}`, name],
          [`GIT_CONFIG_VALUE_${n}`, value],
        ]),
      ),
    },
  })
  // Its endpoints are paths of the forge, so Gatehouse stands for that too.
  git.stdin.end(`protocol=http\nhost=${new URL(base).host}\n\n`)
  const answer = text(git.stdout)
  let said = ''
  let isVisited = false
  git.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString()
    const [found] = /http:\/\/localhost:\d+\/oauth\/authorize\S+(?=\s)/.exec(said) ?? []
    if (found === undefined || isVisited) return
    isVisited = true
    visit(found).catch((error: unknown) => {
      said += String(error)
      git.kill()
    })
  })
  const [code] = await once(git, 'exit')
  if (code !== 0) throw new Error(`git-credential-oauth: ${code} ${said}`)
  return Object.fromEntries(
    (await answer)
      .trim()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  )
}

it.skipIf(!hasDebianClients())('gets a token in the browser', async () => {
  const { base } = inject('gatehouse')
  const { client_id } = await registerApp({
    name: 'Git',
    kind: 'native',
    redirect_uris: ['http://127.0.0.1'],
  })
  const config = {
    oauthClientId: client_id,
    oauthScopes: 'openid email',
    oauthAuthURL: '/oauth/authorize',
    oauthTokenURL: '/oauth/token',
  }
  const person = await newPerson()
  const browser = new Browser()
  const { password } = await credential(config, async (url) => {
    await browser.open(url)
    await browser.signIn(person)
  })
  expect(browser.page.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/?\?code=/)

  const headers = { authorization: `Bearer ${password}` }
  const user: any = await (await fetch(`${base}/oauth/userinfo`, { headers })).json()
  expect(user.email).toBe(person.email)
})
