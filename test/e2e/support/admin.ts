/** The first administrator of a run, and users for them to look after. */
import type { Page } from 'playwright-core'
import { type Person, PASSWORD, signIn } from './people.ts'
import { base, postForm, SETUP_TOKEN } from './site.ts'

export const ADMIN: Person = {
  name: 'Grace Hopper',
  email: 'grace@example.org',
  password: PASSWORD,
}

/** Makes the administrator; the setup page has a journey of its own. */
export async function makeAdmin(): Promise<void> {
  const { name: full_name, email, password } = ADMIN
  const made = await postForm('/setup', { token: SETUP_TOKEN, full_name, email, password })
  if (made.status !== 303) throw new Error(`setup answered ${made.status}`)
}

/** The administrator, at a page of the console. */
export async function signInAsAdmin(page: Page, path: string): Promise<void> {
  await signIn(page, ADMIN)
  await page.waitForURL((url) => url.pathname !== '/sign-in')
  await page.goto(path)
}

const NAMES = [
  'Ada Lovelace',
  'Radia Perlman',
  'Ángela Ruiz Robles',
  'Đặng Thái Sơn',
  'Jo <b>Odd</b>',
]

/** Lines of an import; every 250th is not as it should be. */
export const importLines = (count: number, names: readonly string[] = NAMES): string =>
  Array.from({ length: count }, (_, n) =>
    JSON.stringify({
      email: n % 250 === 249 ? 'nobody' : `${firstName(names, n)}${n}@example.com`,
      full_name: names[n % names.length],
      email_verified: n % 4 !== 0,
      is_active: n % 9 !== 2,
      roles: n % 7 === 0 ? ['moderator'] : [],
      created_at: new Date(Date.now() - (n % 40) * 86_400_000 - n * 1000).toISOString(),
    }),
  ).join('\n')

const firstName = (names: readonly string[], n: number): string =>
  (names[n % names.length]?.split(' ')[0] ?? '').normalize('NFD').replaceAll(/[^a-z]/gi, '')

/** Failed sign-ins: of strangers for the charts, or so many of one address that it is locked. */
export async function failSignIns(count: number, address?: string): Promise<void> {
  for (let n = 0; n < count; n++)
    await post('/auth/login', {
      username: address ?? `nobody${n}@example.com`,
      password: 'Wrong-Horse-7',
    })
}

async function adminToken(): Promise<string> {
  const { email, password } = ADMIN
  const signedIn = await post('/auth/login', { username: email, password })
  return ((await signedIn.json()) as { access_token: string }).access_token
}

/** Creates something by the API, which must answer 201. Returns it. */
export async function create(path: string, fields: object): Promise<Record<string, unknown>> {
  const made = await post(path, { ...fields, password: ADMIN.password }, await adminToken())
  if (made.status !== 201) throw new Error(`${path}: ${made.status} ${await made.text()}`)
  return (await made.json()) as Record<string, unknown>
}

/** Registers an app, which is first party unless told otherwise. Returns its client id. */
export const registerApp = async (fields: object): Promise<string> =>
  String((await create('/admin/apps', { first_party: true, ...fields }))['client_id'])

/** What outlives the administrator's sessions: two API keys and a webhook. */
export async function makeLasting(): Promise<void> {
  const { password } = ADMIN
  const token = await adminToken()
  const permissions = ['read:all', 'admin:users', 'admin:system']
  const made = [
    await post('/admin/api-keys', { name: 'Billing', permissions: ['read:all'], password }, token),
    await post('/admin/api-keys', { name: 'x'.repeat(100), permissions, password }, token),
    await post(
      '/admin/webhooks',
      { url: 'https://hooks.example.com/gatehouse', events: null, password },
      token,
    ),
  ]
  for (const { status, url } of made) if (status !== 201) throw new Error(`${url}: ${status}`)
}

const post = (path: string, body: object, token?: string): Promise<Response> =>
  fetch(`${base}/api/v1${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  })
