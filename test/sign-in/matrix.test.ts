/** What follows a first step: each first step, with each set of enrolled factors, under each demand of a role. */
import { describe, expect, test } from 'vitest'
import type { Reply } from '../support/api'
import { SoftwareAuthenticator } from '../support/authenticator'
import { stopClock } from '../support/clock'
import { addPasskey, used } from '../support/passkeys'
import {
  challengeOf,
  enable,
  freshCode,
  ok,
  setUp,
  type UserWithSecondFactor,
  verify,
} from '../support/second-factor'
import { under } from '../support/under'
import { PASSWORD, signedInUser } from '../support/users'

stopClock()

const DEMANDS = { none: under({}), role: under({ REQUIRE_2FA_ROLES: 'user' }) }
type Api = (typeof DEMANDS)['none']

interface Enrolled extends UserWithSecondFactor {
  authenticator: SoftwareAuthenticator
  hasTotp: boolean
  hasPasskey: boolean
}

async function userWith({ totp, passkey }: { totp: boolean; passkey: boolean }): Promise<Enrolled> {
  const user = await signedInUser()
  const authenticator = new SoftwareAuthenticator()
  let secret = ''
  if (passkey) ok(await addPasskey(user, authenticator))
  if (totp) {
    // Beside a passkey, the session has to be proved by it: adding it did.
    secret = ok(await setUp(user)).body.secret
    ok(await enable(user, await freshCode({ secret })))
  }
  return { ...user, secret, recoveryCodes: [], authenticator, hasTotp: totp, hasPasskey: passkey }
}

const FACTORS = {
  none: { totp: false, passkey: false },
  TOTP: { totp: true, passkey: false },
  passkey: { totp: false, passkey: true },
  both: { totp: true, passkey: true },
}

const signIn = (api: Api, { email }: Enrolled, more: object = {}) =>
  api.post('/api/v1/auth/login', { username: email, password: PASSWORD, ...more })

async function byPasskey(api: Api, { authenticator }: Enrolled, isUserVerified: boolean) {
  const options = ok(await api.post('/api/v1/auth/passkey/options'))
  const sent = await used(options, authenticator, { isUserVerified })
  return api.post('/api/v1/auth/passkey/verify', sent)
}

/** A first step; undefined where the user cannot take it. */
const FIRST_STEPS: Record<string, (api: Api, user: Enrolled) => Promise<Reply | undefined>> = {
  password: signIn,
  'trusted browser': async (api, user) => {
    if (!user.hasTotp) return undefined
    const factor = { code: await freshCode(user), trust_device: true }
    const { device_token } = ok(await verify(await challengeOf(user), factor)).body
    return signIn(api, user, { device_token })
  },
  'passkey with UV': async (api, user) =>
    user.hasPasskey ? byPasskey(api, user, true) : undefined,
  'passkey without UV': async (api, user) =>
    user.hasPasskey ? byPasskey(api, user, false) : undefined,
}

/** In a word: what the answer is, and how strong a session it opened. */
async function outcome(api: Api, { status, body }: Reply): Promise<string> {
  if (body.requires_2fa) return 'second step'
  if (!body.access_token) return `${status} ${body.code}`
  if (body.restricted !== null) return `session, ${body.restricted}`
  const { session } = ok(await api.get('/api/v1/auth/session', body.access_token)).body
  return `session of ${session.amr.join(' ')}`
}

const REFUSED = '401 invalid_passkey'
const WHOLE = 'session of swk mfa'
type Row = [string, keyof typeof FACTORS, keyof typeof DEMANDS, string | undefined]
const MATRIX: Row[] = [
  ['password', 'none', 'none', 'session of pwd'],
  ['password', 'none', 'role', 'session, two_factor_required'],
  ['password', 'TOTP', 'none', 'second step'],
  ['password', 'TOTP', 'role', 'second step'],
  // A passkey does not turn the second factor on by itself.
  ['password', 'passkey', 'none', 'session of pwd'],
  ['password', 'passkey', 'role', 'second step'],
  ['password', 'both', 'none', 'second step'],
  ['password', 'both', 'role', 'second step'],
  ['trusted browser', 'none', 'none', undefined],
  ['trusted browser', 'none', 'role', undefined],
  ['trusted browser', 'TOTP', 'none', 'session of pwd'],
  // A role that demands two factors demands them at every sign-in.
  ['trusted browser', 'TOTP', 'role', 'second step'],
  ['trusted browser', 'passkey', 'none', undefined],
  ['trusted browser', 'passkey', 'role', undefined],
  ['trusted browser', 'both', 'none', 'session of pwd'],
  ['trusted browser', 'both', 'role', 'second step'],
  ['passkey with UV', 'none', 'none', undefined],
  ['passkey with UV', 'none', 'role', undefined],
  ['passkey with UV', 'TOTP', 'none', undefined],
  ['passkey with UV', 'TOTP', 'role', undefined],
  ['passkey with UV', 'passkey', 'none', WHOLE],
  ['passkey with UV', 'passkey', 'role', WHOLE],
  ['passkey with UV', 'both', 'none', WHOLE],
  ['passkey with UV', 'both', 'role', WHOLE],
  ['passkey without UV', 'none', 'none', undefined],
  ['passkey without UV', 'none', 'role', undefined],
  ['passkey without UV', 'TOTP', 'none', undefined],
  ['passkey without UV', 'TOTP', 'role', undefined],
  ['passkey without UV', 'passkey', 'none', REFUSED],
  ['passkey without UV', 'passkey', 'role', REFUSED],
  ['passkey without UV', 'both', 'none', REFUSED],
  ['passkey without UV', 'both', 'role', REFUSED],
]

test('the table has every case', () => {
  const cases = new Set(MATRIX.map(([step, factors, demand]) => `${step} ${factors} ${demand}`))
  const count =
    Object.keys(FIRST_STEPS).length * Object.keys(FACTORS).length * Object.keys(DEMANDS).length
  expect(cases.size).toBe(count)
})

describe.each(MATRIX)('%s, enrolled: %s, demanded by: %s', (step, factors, demand, expected) => {
  test(`leads to: ${expected ?? 'nothing, as it cannot be taken'}`, async () => {
    const api = DEMANDS[demand]
    const reply = await FIRST_STEPS[step]?.(api, await userWith(FACTORS[factors]))
    expect(reply && (await outcome(api, reply))).toBe(expected)
  })
})

describe('a second step', () => {
  const second = async (user: Enrolled, factor: (challenge: string) => Promise<object>) => {
    const { challenge_token } = ok(await signIn(DEMANDS.role, user)).body
    const reply = await DEMANDS.role.post('/api/v1/auth/2fa/verify', await factor(challenge_token))
    return outcome(DEMANDS.role, reply)
  }
  const byOptions =
    (user: Enrolled, isUserVerified: boolean) => async (challenge_token: string) => {
      const options = ok(
        await DEMANDS.role.post('/api/v1/auth/2fa/passkey/options', { challenge_token }),
      )
      return used(options, user.authenticator, { isUserVerified })
    }

  test('by a code makes a session of two factors', async () => {
    const user = await userWith(FACTORS.TOTP)
    const code = await freshCode(user)
    const factor = async (challenge_token: string) => ({ challenge_token, code })
    expect(await second(user, factor)).toBe('session of pwd otp mfa')
  })

  test.each([true, false])('by a passkey makes one, too (UV: %s)', async (isUserVerified) => {
    const user = await userWith(FACTORS.passkey)
    expect(await second(user, byOptions(user, isUserVerified))).toBe('session of pwd swk mfa')
  })
})
