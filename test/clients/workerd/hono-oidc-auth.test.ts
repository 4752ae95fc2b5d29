/** @hono/oidc-auth inside workerd: the Worker of an app, whose calls of its provider arrive here. */
import {
  getAuth,
  initOidcAuthMiddleware,
  oidcAuthMiddleware,
  processOAuthCallback,
  revokeSession,
} from '@hono/oidc-auth'
import { exports } from 'cloudflare:workers'
import { Hono } from 'hono'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { FROM_APP, ISSUER } from '../../app-sign-in/flow'
import { signedIn, type Visitor } from '../../pages/visitor'
import { makeApp } from '../../support/apps'

const ORIGIN = 'https://notes.example.org'
const REDIRECT_URI = `${ORIGIN}/callback`

/** What the app asks of its provider. */
const asked: string[] = []
let spy: { mockRestore(): void }
beforeEach(() => {
  asked.length = 0
  const elsewhere = globalThis.fetch
  spy = vi.spyOn(globalThis, 'fetch').mockImplementation((input, init) => {
    const request = new Request(input, init)
    const { origin, pathname } = new URL(request.url)
    if (origin !== ISSUER) return elsewhere(request)
    asked.push(pathname)
    return exports.default.fetch(request)
  })
})
afterEach(() => {
  spy.mockRestore()
  vi.useRealTimers()
})

/** The app, as the documentation of the library writes one, and a browser that keeps its cookies. */
async function startApp() {
  const { clientId, secret } = await makeApp({ redirectUris: [REDIRECT_URI] })
  const app = new Hono()
  app.use(
    initOidcAuthMiddleware({
      OIDC_ISSUER: ISSUER,
      OIDC_CLIENT_ID: clientId,
      OIDC_CLIENT_SECRET: secret ?? '',
      OIDC_REDIRECT_URI: REDIRECT_URI,
      OIDC_AUTH_SECRET: 'a secret of at least 32 characters',
      OIDC_SCOPES: 'openid email',
    }),
  )
  app.use(async (c, next) => {
    // The address comes from userinfo: an ID token tells only who signed in, and how.
    c.set('oidcClaimsHook', async (_known, _claims, { access_token: token }) => {
      const headers = { authorization: `Bearer ${token}` }
      const user: any = await (await fetch(`${ISSUER}/oauth/userinfo`, { headers })).json()
      return { sub: user.sub, email: user.email }
    })
    await next()
  })
  app.onError((error, c) => c.text(error.message, 500))
  app.get('/callback', (c) => processOAuthCallback(c))
  app.get('/sign-out', async (c) => {
    await revokeSession(c)
    return c.text('signed out')
  })
  app.use(oidcAuthMiddleware())
  app.get('/notes', async (c) => c.json(await getAuth(c)))

  const cookies = new Map<string, string>()
  return async (url: string) => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await app.request(new URL(url, ORIGIN), { headers: { cookie } }, {})
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '') cookies.delete(name)
      else cookies.set(name, value)
    }
    return { status: response.status, to: response.headers.get('location'), response }
  }
}

/** Comes for the first time, with a session at the provider. */
async function signInTo(open: Awaited<ReturnType<typeof startApp>>, visitor: Visitor) {
  const { to } = await open('/notes')
  const answer = await visitor.open((to ?? '').replace(ISSUER, ''), FROM_APP)
  return open(answer.to ?? '')
}

it('signs in, keeps the session, and revokes its tokens when it signs out', async () => {
  const { visitor, email } = await signedIn()
  const open = await startApp()
  const back = await signInTo(open, visitor)
  expect([back.status, back.to]).toEqual([302, `${ORIGIN}/notes`])
  const { status, response } = await open('/notes')
  expect([status, await response.json()]).toMatchObject([200, { email, sub: expect.any(String) }])

  asked.length = 0
  await open('/sign-out')
  expect(asked).toContain('/oauth/revoke')
  expect((await open('/notes')).to).toContain(`${ISSUER}/oauth/authorize?`)
})

it('renews its session by the refresh token, until the user is signed out', async () => {
  const { visitor } = await signedIn()
  const open = await startApp()
  await signInTo(open, visitor)
  const renewed = async () => {
    vi.setSystemTime(Date.now() + 16 * 60_000)
    asked.length = 0
    return open('/notes')
  }
  vi.useFakeTimers({ toFake: ['Date'] })
  expect((await renewed()).status).toBe(200)
  expect(asked).toContain('/oauth/token')
  expect((await renewed()).status).toBe(200)

  await visitor.post('/sign-out')
  const { status, to } = await renewed()
  expect(asked).toContain('/oauth/token')
  expect([status, to]).toEqual([302, expect.stringContaining(`${ISSUER}/oauth/authorize?`)])
})

it('takes no answer that another browser was given', async () => {
  const { visitor } = await signedIn()
  const [open, other] = [await startApp(), await startApp()]
  await other('/notes')
  const { to } = await open('/notes')
  const answer = await visitor.open((to ?? '').replace(ISSUER, ''), FROM_APP)
  const refused = await other(answer.to ?? '')
  expect([refused.status, await refused.response.text()]).toEqual([
    500,
    expect.stringContaining('state'),
  ])
  expect(asked).not.toContain('/oauth/token')
})
