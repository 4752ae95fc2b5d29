/**
 * `npm run smoke -- https://host`: one account's journey through a running service, from outside
 * and by the API alone: requests without an account that must be refused, registration, sign-in,
 * refresh, a sign-out that invalidates a token at once, and erasure. It removes everything that it
 * creates. If it cannot verify the address, it says what was skipped. Exits 1 at the first response
 * that violates the contract.
 */
import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { CliError } from './cli-error.ts'
import { type Check, checksOf } from './smoke/site.ts'
import { canVerify, type Means, verify } from './smoke/verification.ts'

const USAGE = `Usage: npm run smoke -- https://host [--email you@your.domain]
GATEHOUSE_API_KEY with admin:system lets it run without a mailbox.`

const bearer = (token: string) => ({ token })

async function strangers(check: Check): Promise<void> {
  await check('it is healthy', 'GET', '/healthz', { status: 200, isRoot: true })
  await check('its API is documented', 'GET', '/openapi.json', { status: 200, isRoot: true })
  const jwks = '/.well-known/jwks.json'
  const { keys } = await check('its keys are published', 'GET', jwks, { status: 200, isRoot: true })
  if (!keys || keys.some((key) => 'd' in key)) throw new CliError('FAILED the keys')
  await check('the password rules are public', 'GET', '/auth/password-policy', { status: 200 })
  const refused = { status: 401, code: 'invalid_access_token' }
  await check('no session without a token', 'GET', '/auth/session', refused)
  await check('no session with a wrong token', 'GET', '/auth/session', {
    ...refused,
    token: 'a.b.c',
  })
  await check('strangers cannot list users', 'GET', '/admin/users', refused)
  await check('a bad body names its fields', 'POST', '/auth/login', {
    status: 422,
    code: 'validation_failed',
    body: {},
  })
  await check('an unknown path is 404', 'GET', '/nothing', { status: 404, code: 'not_found' })
}

async function journey(check: Check, means: Means, email: string): Promise<boolean> {
  const password = `Aa1!${randomBytes(18).toString('base64url')}`
  const credentials = { email, password }
  const body = { ...credentials, full_name: 'Smoke Test' }
  await check('a user registers', 'POST', '/auth/register', { status: 201, body })
  await check('no sign-in before the address is verified', 'POST', '/auth/login', {
    status: 401,
    code: 'account_not_active',
    body: credentials,
  })
  await check('no sign-in with a wrong password', 'POST', '/auth/login', {
    status: 401,
    code: 'invalid_credentials',
    body: { email, password: `${password}x` },
  })
  if (!canVerify(means)) return false
  await verify(check, means, credentials)
  const login = { ...credentials, remember_me: true }
  const first = await check('the user signs in', 'POST', '/auth/login', {
    status: 200,
    body: login,
  })
  const own = bearer(first.access_token)
  await check('their session is live', 'GET', '/auth/session', { status: 200, ...own })
  await check('they are not an admin', 'GET', '/admin/users', {
    status: 403,
    code: 'forbidden',
    ...own,
  })
  const bio = { bio: 'smoke' }
  await check('they edit their profile', 'PATCH', '/users/profile', {
    status: 200,
    body: bio,
    ...own,
  })
  const { refresh_token } = first
  const next = await check('they refresh', 'POST', '/auth/refresh', {
    status: 200,
    body: { refresh_token },
  })
  const fresh = bearer(next.access_token)
  await check('they sign out', 'POST', '/auth/logout', { status: 204, ...fresh })
  const dead = { status: 401, code: 'invalid_access_token' }
  await check('the access token stops at once', 'GET', '/auth/session', { ...dead, ...fresh })
  await check('the older access token stops too', 'GET', '/auth/session', { ...dead, ...own })
  await check('the refresh token stops too', 'POST', '/auth/refresh', {
    status: 401,
    code: 'invalid_refresh_token',
    body: { refresh_token: next.refresh_token },
  })
  const again = await check('they sign in again', 'POST', '/auth/login', {
    status: 200,
    body: login,
  })
  const last = bearer(again.access_token)
  await check('they erase their account', 'DELETE', '/users/account', {
    status: 202,
    body: { password },
    ...last,
  })
  await check('none of their tokens works', 'GET', '/auth/session', { ...dead, ...last })
  await check('they can no longer sign in', 'POST', '/auth/login', {
    status: 401,
    code: 'invalid_credentials',
    body: login,
  })
  return true
}

function readTarget() {
  const { values, positionals } = parseArgs({
    options: { email: { type: 'string' } },
    allowPositionals: true,
  })
  const url = positionals[0]?.replace(/\/$/, '') ?? ''
  if (!URL.canParse(url) || new URL(url).origin !== url) throw new CliError(USAGE)
  const isLocal = ['localhost', '127.0.0.1', '[::1]'].includes(new URL(url).hostname)
  if (!isLocal && !url.startsWith('https://')) throw new CliError(`${url} must be https.\n${USAGE}`)
  const apiKey = process.env.GATEHOUSE_API_KEY || undefined
  const means: Means = { url, isLocal, apiKey, isOwnAddress: values.email !== undefined }
  const [name = '', domain = 'example.com'] = (values.email ?? 'smoke@example.com').split('@')
  return { url, means, email: `${name}+${randomBytes(6).toString('hex')}@${domain}` }
}

async function main(): Promise<void> {
  const { url, means, email } = readTarget()
  console.log(`${url}\n`)
  const { check, passed } = checksOf(url)
  await strangers(check)
  const isWhole = await journey(check, means, email)
  if (!isWhole) {
    console.log(`
Skipped: everything that needs a verified address. Set GATEHOUSE_API_KEY or --email to run it.
The pending account ${email} is deleted automatically within 30 days.`)
  }
  console.log(`\nsmoke: ${passed()} passed, 0 failed`)
}

try {
  await main()
} catch (error) {
  console.error(error instanceof CliError ? `\n${error.message}` : error)
  process.exit(1)
}
