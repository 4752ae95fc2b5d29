/** People for journeys. What a journey is about it does in the browser; the rest happens here. */
import type { Page } from 'playwright-core'
import { base, mailedPath, postForm } from './site.ts'

export const PASSWORD = 'Correct-Horse-7'
let people = 0

export interface Person {
  readonly name: string
  readonly email: string
  readonly password: string
}

export function newPerson(name = 'Ada Lovelace'): Person {
  people += 1
  const isLong = name.length > LONG_NAME_CHARS
  const email = `${isLong ? LONG_LOCAL_PART : 'person'}${people}@example.com`
  return { name, email, password: PASSWORD }
}

/** Names from which on the address is a long one too. */
const LONG_NAME_CHARS = 40
const LONG_LOCAL_PART = 'maximiliane-annegret.von.hohenschwangau-wolfegg'
export const LONG_NAME =
  'Maximiliane-Annegret Donaudampfschifffahrtsgesellschaft von Hohenschwangau'

/** Somebody with a verified account, who has not signed in yet. */
export async function verifiedPerson(name?: string): Promise<Person> {
  const person = newPerson(name)
  const { email, password } = person
  const made = await postForm('/sign-up', { full_name: person.name, email, password })
  if (made.status !== 303) throw new Error(`sign-up answered ${made.status}`)
  const path = await mailedPath(email, '/verify-email')
  const token = new URLSearchParams(path.split('?')[1]).get('token') ?? ''
  const done = await postForm('/verify-email', { token })
  if (done.status !== 303) throw new Error(`verify-email answered ${done.status}`)
  return person
}

/** Signs in by the form and stands wherever that leads. */
export async function signIn(
  page: Page,
  person: Person,
  password = person.password,
): Promise<void> {
  await page.goto('/sign-in')
  await page.getByLabel('Email address').fill(person.email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

/** Signed in and past the welcome. */
export async function signInToAccount(page: Page, person: Person): Promise<void> {
  await signIn(page, person)
  await page.goto('/account')
}

/** What an application of the deployer's keeps with an account, by the API. */
export async function keepForeignPreferences({ email, password }: Person): Promise<void> {
  const call = (method: string, path: string, body: object, token?: string) =>
    fetch(`${base}/api/v1${path}`, {
      method,
      headers: {
        'content-type': 'application/json',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(body),
    })
  const signedIn = await call('POST', '/auth/login', { username: email, password })
  const { access_token: token } = (await signedIn.json()) as { access_token: string }
  const preferences = { editor: { tabs: 4, wrap: true, fonts: ['Iosevka', 'Fira'] }, beta: true }
  const kept = await call('PATCH', '/users/profile', { preferences }, token)
  if (kept.status !== 200) throw new Error(`profile answered ${kept.status}`)
}
