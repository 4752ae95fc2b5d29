/** The first administrator of a run, made by the set-up page, and users for him to look after. */
import type { Page } from 'playwright-core'
import { lookAt } from './support/look.ts'
import { type Person, PASSWORD, signIn } from './support/people.ts'
import { base, SETUP_TOKEN } from './support/site.ts'
import { visit } from './support/browser.ts'

export const ADMIN: Person = {
  name: 'Grace Hopper',
  email: 'grace@example.org',
  password: PASSWORD,
}

/** Makes the administrator in the browser; says what was wrong with the page on the way. */
export async function setUp(): Promise<string[]> {
  const { page, context, faults } = await visit()
  await page.goto('/')
  faults.push(...(await lookAt(page, 'first-run')))
  await page.getByLabel('Set-up token').fill(SETUP_TOKEN)
  await page.getByLabel('Full name').fill(ADMIN.name)
  await page.getByLabel('Email address').fill(ADMIN.email)
  await page.getByLabel('Password', { exact: true }).fill(ADMIN.password)
  await page.getByRole('button', { name: 'Create the administrator' }).click()
  await page.waitForURL('**/sign-in')
  await context.close()
  return faults
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
export const importLines = (count: number): string =>
  Array.from({ length: count }, (_, n) =>
    JSON.stringify({
      email: n % 250 === 249 ? 'nobody' : `imported${n}@example.com`,
      full_name: NAMES[n % NAMES.length],
      email_verified: n % 4 !== 0,
      is_active: n % 9 !== 2,
      roles: n % 7 === 0 ? ['moderator'] : [],
      created_at: new Date(Date.now() - (n % 40) * 86_400_000 - n * 1000).toISOString(),
    }),
  ).join('\n')

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
