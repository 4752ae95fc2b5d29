/** better-auth's provider, with an app that every user has allowed. */
import type { V4WorkerOptions } from 'miniflare'
import type { Bundle } from '../runtime/bundle.ts'
import { cpuMs } from '../runtime/process.ts'
import type { Served } from '../runtime/serve.ts'
import { emailOf, ok, ORIGIN, PASSWORD } from '../throughput/people.ts'
import { betterAuth } from '../throughput/workers.ts'
import { Browser } from './browser.ts'
import { each } from './http.ts'
import { authorizePath, discover, FROM_APP, type Provider, REDIRECT_URI } from './provider.ts'
import { codeIn } from './steps.ts'

const NAME = 'better-auth-apps'
/** It gives refresh tokens under the last one only. */
const SCOPE = 'openid profile email offline_access'
const JSON_TYPE = { 'content-type': 'application/json', ...ORIGIN }

export const betterAuthWorker = (bundle: Bundle): V4WorkerOptions => betterAuth(bundle, NAME, 'off')

export async function betterAuthProvider(served: Served, users: number): Promise<Provider> {
  const url = served.at(NAME)
  await ok(await fetch(`${url}/__migrate`))
  const provider = {
    name: 'better_auth',
    url,
    client: await makeApp(new Browser(url)),
    discovered: await discover(url, '/.well-known/openid-configuration'),
    cpuMs,
    settle: {},
  } as const
  const numbers = Array.from({ length: users }, (_, i) => i)
  const browsers = await each(numbers, 4, (i) => consent(new Browser(url), i, provider))
  return { ...provider, browsers }
}

async function makeApp(owner: Browser) {
  await signUp(owner, 'owner@example.com')
  const app = {
    redirect_uris: [REDIRECT_URI],
    scope: SCOPE,
    token_endpoint_auth_method: 'client_secret_basic',
  }
  const path = '/api/auth/oauth2/create-client'
  const { status, body } = await owner.post(path, JSON.stringify(app), JSON_TYPE)
  if (status !== 201) throw new Error(`${path}: ${status} ${body}`)
  const { client_id: id, client_secret: secret } = JSON.parse(body) as Record<string, string>
  return { id: id ?? '', secret: secret ?? '', scope: SCOPE }
}

/** Signing up also signs in. */
const signUp = (browser: Browser, email: string) => {
  const person = { email, name: 'Ada Lovelace', password: PASSWORD }
  return browser.post('/api/auth/sign-up/email', JSON.stringify(person), JSON_TYPE)
}

/** Signs up and allows the app, as its pages do. Returns the cookies. */
async function consent(
  browser: Browser,
  i: number,
  provider: Pick<Provider, 'discovered' | 'client'>,
): Promise<string> {
  await signUp(browser, emailOf(i))
  const path = authorizePath(provider)
  const { location: page } = await browser.open(path, FROM_APP)
  const oauth_query = page?.split('?')[1]
  const allow = JSON.stringify({ accept: true, oauth_query })
  await browser.post('/api/auth/oauth2/consent', allow, JSON_TYPE)
  codeIn(await browser.open(path, FROM_APP))
  return browser.cookie
}
