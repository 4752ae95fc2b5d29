/** @auth/core, as next-auth 5 uses it: a provider of type `oidc` that is given the issuer alone. */
import type { IncomingMessage } from 'node:http'
import { Auth, type AuthConfig } from '@auth/core'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { Browser } from './browser.ts'
import { newPerson, registerApp } from './gatehouse.ts'
import { type AppServer, startAppServer } from './servers.ts'

const { base } = inject('gatehouse')
let server: AppServer
const logged: string[] = []

beforeAll(async () => {
  server = await startAppServer()
  const app = await registerApp({
    name: 'Next',
    redirect_uris: [`${server.origin}/api/auth/callback/gatehouse`],
  })
  const config: AuthConfig = {
    basePath: '/api/auth',
    secret: 'a secret of the app, which encrypts its cookies',
    trustHost: true,
    logger: { error: (error) => logged.push(String(error)) },
    providers: [
      {
        id: 'gatehouse',
        name: 'Gatehouse',
        type: 'oidc',
        issuer: base,
        clientId: app.client_id,
        clientSecret: app.client_secret,
        checks: ['pkce', 'state', 'nonce'],
        // Name and address come from userinfo: an ID token tells only who signed in, and how.
        idToken: false,
      },
    ],
  }
  server.serve(async (incoming, outgoing) => {
    const response = await Auth(await requestOf(incoming, server.origin), config)
    outgoing.statusCode = response.status
    outgoing.setHeaders(
      new Headers([...response.headers].filter(([name]) => name !== 'set-cookie')),
    )
    outgoing.setHeader('set-cookie', response.headers.getSetCookie())
    outgoing.end(await response.text())
  })
})
afterAll(() => server.stop())

async function requestOf(incoming: IncomingMessage, origin: string): Promise<Request> {
  const body = Buffer.concat(await incoming.toArray())
  return new Request(new URL(incoming.url ?? '/', origin), {
    method: incoming.method ?? 'GET',
    headers: Object.entries(incoming.headers).flatMap(([name, value]): [string, string][] =>
      typeof value === 'string' ? [[name, value]] : [],
    ),
    ...(body.length > 0 && { body }),
  })
}

it('signs in by its own page, has a session, and signs out', async () => {
  const browser = new Browser()
  const { email } = await newPerson().then(async (person) => {
    await browser.open(`${server.origin}/api/auth/signin?callbackUrl=/api/auth/session`)
    await browser.submit('/api/auth/signin/gatehouse')
    await browser.signIn(person)
    return person
  })
  expect(logged).toEqual([])
  expect(browser.page.url).toBe(`${server.origin}/api/auth/session`)
  expect(JSON.parse(browser.page.html)).toMatchObject({
    user: { email, name: 'Smoke Test' },
    expires: expect.any(String),
  })

  await browser.open(`${server.origin}/api/auth/signout`)
  await browser.submit('/api/auth/signout')
  const { html } = await browser.open(`${server.origin}/api/auth/session`)
  expect(JSON.parse(html)).toBeNull()
})

it('shows its own error page when the user returns with an answer that it did not ask for', async () => {
  const { status } = await new Browser().open(
    `${server.origin}/api/auth/callback/gatehouse?code=stolen&iss=${encodeURIComponent(base)}`,
  )
  expect(status).not.toBe(200)
  expect(logged.splice(0)).toEqual([expect.stringContaining('InvalidCheck')])
})
