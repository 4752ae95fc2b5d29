/** express-openid-connect 3 in an Express app: sign-in, sign-out, and sign-outs that begin elsewhere. */
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import express, { type RequestHandler } from 'express'
import { auth, requiresAuth } from 'express-openid-connect'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { freePort } from '../../scripts/local-app.ts'
import { Browser } from './browser.ts'
import {
  type App,
  eventually,
  logoutDeliveries,
  newPerson,
  registerApp,
  signOutEverywhere,
} from './gatehouse.ts'
import { type AppServer, startAppServer } from './servers.ts'

/** The service's sources have types that this project does not read. */
const { snippetsOf } = (await import(
  join(import.meta.dirname, '../../src/pages/admin/app-snippets.ts')
)) as { snippetsOf: (app: object, issuer: string) => { name: string; code: string }[] }

const { base } = inject('gatehouse')
let server: AppServer
let app: App

beforeAll(async () => {
  server = await startAppServer()
  const { origin } = server
  app = await registerApp({
    name: 'Express',
    redirect_uris: [`${origin}/callback`],
    post_logout_redirect_uris: [origin],
    backchannel_logout_uri: `${origin}/backchannel-logout`,
  })
  const site = express()
  site.use(
    auth({
      issuerBaseURL: base,
      baseURL: origin,
      clientID: app.client_id,
      clientSecret: app.client_secret,
      secret: 'a secret of the app, which encrypts its cookies',
      authRequired: false,
      idpLogout: true,
      authorizationParams: {
        response_type: 'code',
        scope: 'openid profile email',
        // `req.oidc.user` is what the ID token says, which has no name nor address unless they are asked for.
        claims: JSON.stringify({ id_token: { name: null, email: null } }),
      },
      backchannelLogout: { store: memoryStore() },
    }),
  )
  site.get('/', (_request, response) => void response.send('welcome'))
  site.get('/me', requiresAuth(), ((request, response) => {
    response.json(request.oidc.user)
  }) satisfies RequestHandler)
  server.serve(site)
})
afterAll(() => server.stop())

/** Which sessions have ended, as the app keeps it. */
function memoryStore() {
  const kept = new Map<string, any>()
  return {
    get: (id: string, done: (error: unknown, found?: any) => void) => done(null, kept.get(id)),
    set: (id: string, value: any, done?: (error?: unknown) => void) => {
      kept.set(id, value)
      done?.()
    },
    destroy: (id: string, done?: (error?: unknown) => void) => {
      kept.delete(id)
      done?.()
    },
  }
}

async function signedIn() {
  const browser = new Browser()
  const person = await newPerson()
  await browser.open(`${server.origin}/me`)
  await browser.signIn(person)
  expect([browser.page.url, browser.page.status]).toEqual([`${server.origin}/me`, 200])
  return { browser, person, user: JSON.parse(browser.page.html) }
}

it('protects a page by a sign-in, and signs its user out here and at Gatehouse', async () => {
  const { browser, person, user } = await signedIn()
  expect(user).toMatchObject({ email: person.email, name: 'Smoke Test' })

  await browser.open(`${server.origin}/logout`, `${server.origin}/me`)
  expect(browser.page.html).toBe('welcome')
  await browser.open(`${server.origin}/me`)
  expect(browser.page.url).toContain(`${base}/sign-in`)
})

it('ends its session when an admin ends those of the user', async () => {
  const { browser, person } = await signedIn()
  const other = await signedIn()
  await signOutEverywhere(person)
  await eventually(
    async () =>
      (await browser.open(`${server.origin}/me`)).url.startsWith(`${base}/sign-in`) || undefined,
  )
  expect((await other.browser.open(`${server.origin}/me`)).status).toBe(200)
  const states = (await logoutDeliveries(app)).map(({ state }) => state)
  expect(new Set(states)).toEqual(new Set(['delivered']))
})

it('runs as the console’s snippet has it', async () => {
  const port = await freePort()
  const origin = `http://127.0.0.1:${port}`
  const callback = `${origin}/callback`
  const pasted = await registerApp({
    redirect_uris: [callback],
    post_logout_redirect_uris: [origin],
  })
  const shown = {
    client_id: pasted.client_id,
    kind: 'web',
    auth_method: 'client_secret_basic',
    redirect_uris: [callback],
    scopes: ['openid', 'profile', 'email'],
    resources: [],
  }
  const snippet = snippetsOf(shown, base).find(({ name }) => name.startsWith('Express'))
  const code = (snippet?.code ?? '').replace('listen(3000)', `listen(${port}, '127.0.0.1')`)
  const env = { ...process.env, CLIENT_SECRET: pasted.client_secret, SECRET: randomUUID() }
  const app = spawn(process.execPath, ['--input-type=module', '--eval', code], { env })
  let said = ''
  app.stderr.on('data', (chunk) => (said += String(chunk)))
  try {
    await eventually(async () => {
      if (app.exitCode !== null) throw new Error(said)
      return fetch(origin).then(
        () => true,
        () => undefined,
      )
    })
    const browser = new Browser()
    const person = await newPerson()
    await browser.open(`${origin}/profile`)
    await browser.signIn(person)
    expect(JSON.parse(browser.page.html)).toMatchObject({ email: person.email })
  } finally {
    app.kill()
  }
}, 30_000)
