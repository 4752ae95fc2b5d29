/** Gatehouse, with a third party's app that every user has allowed. */
import type { Bundle } from '../runtime/bundle.ts'
import { cpuMs } from '../runtime/process.ts'
import { gatehouse, type Served, SETUP_TOKEN } from '../runtime/serve.ts'
import { emailOf, gatehouseUsers, ipOf, ok, PASSWORD, post } from '../throughput/people.ts'
import { Browser } from './browser.ts'
import { each } from './http.ts'
import { authorizePath, discover, FROM_APP, type Provider, REDIRECT_URI } from './provider.ts'
import { codeIn } from './steps.ts'

const NAME = 'gatehouse'
const ADMIN = { email: 'root@example.com', full_name: 'Grace Hopper', password: PASSWORD }
const SCOPE = 'openid profile email'
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
/** Longer than the queue waits for a batch: a new session of an app is an event. */
const EVENTS_SETTLE_MS = 1_500

/** One hash round, as no sign-in is measured here. */
export const gatehouseWorker = (bundle: Bundle) =>
  gatehouse(bundle, { name: NAME, settings: { PASSWORD_HASH_ROUNDS: '1' } })

export async function gatehouseProvider(served: Served, users: number): Promise<Provider> {
  const url = served.at(NAME)
  await gatehouseUsers(served, NAME)
  const provider = {
    name: 'gatehouse',
    url,
    client: await makeApp(url),
    discovered: await discover(url, '/.well-known/openid-configuration'),
    cpuMs,
    settle: { code: EVENTS_SETTLE_MS },
  } as const
  const numbers = Array.from({ length: users }, (_, i) => i)
  const browsers = await each(numbers, 4, (i) => consent(new Browser(url, fromOf(i)), i, provider))
  return { ...provider, browsers }
}

const fromOf = (i: number) => ({ 'cf-connecting-ip': ipOf(i), accept: FROM_APP.accept })

async function makeApp(url: string) {
  await ok(await post(`${url}/api/v1/setup`, { ...ADMIN, token: SETUP_TOKEN }))
  const credentials = { username: ADMIN.email, password: PASSWORD }
  const login = await ok(await post(`${url}/api/v1/auth/login`, credentials))
  const { access_token: token } = (await login.json()) as { access_token: string }
  const app = {
    name: 'Orders',
    kind: 'web',
    first_party: false,
    redirect_uris: [REDIRECT_URI],
    scopes: SCOPE.split(' '),
    password: PASSWORD,
  }
  const headers = { authorization: `Bearer ${token}` }
  const made = await ok(await post(`${url}/api/v1/admin/apps`, app, headers))
  const { client_id: id, client_secret: secret } = (await made.json()) as Record<string, string>
  return { id: id ?? '', secret: secret ?? '', scope: SCOPE }
}

/** Signs in and allows the app, by the pages. Returns the cookies. */
async function consent(
  browser: Browser,
  i: number,
  provider: Pick<Provider, 'discovered' | 'client'>,
): Promise<string> {
  const own = { ...FORM, 'sec-fetch-site': 'same-origin' }
  const credentials = new URLSearchParams({ email: emailOf(i), password: PASSWORD })
  await browser.post('/sign-in', credentials.toString(), own)
  const path = authorizePath(provider)
  const { body: page } = await browser.open(path, FROM_APP)
  const [form = ''] = /<form[^>]*action="\/oauth\/consent[^]*?<\/form>/.exec(page) ?? []
  const fields = [...form.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)]
  const answer = new URLSearchParams({ decision: 'allow' })
  for (const [, name = '', value = ''] of fields) answer.set(name, value)
  await browser.post(path.replace('/authorize', '/consent'), answer.toString(), own)
  codeIn(await browser.open(path, FROM_APP))
  return browser.cookie
}
