/** The first administrator of a run, and users for him to look after. */
import type { Page } from 'playwright-core'
import { type Person, PASSWORD, signIn } from './people.ts'
import { base, postForm, SETUP_TOKEN } from './site.ts'

export const ADMIN: Person = {
  name: 'Grace Hopper',
  email: 'grace@example.org',
  password: PASSWORD,
}

/** Makes the administrator; the set-up page has a journey of its own. */
export async function makeAdmin(): Promise<void> {
  const { name: full_name, email, password } = ADMIN
  const made = await postForm('/setup', { token: SETUP_TOKEN, full_name, email, password })
  if (made.status !== 303) throw new Error(`set-up answered ${made.status}`)
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

/** Failed sign-ins, for the charts. */
export async function failSignIns(count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    await fetch(`${base}/api/v1/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: `nobody${n}@example.com`, password: 'Wrong-Horse-7' }),
    })
  }
}
