/** What one network may have mailed, and register, without signing in. */
import { describe, expect, it } from 'vitest'
import { NO_CLIENT } from '../../src/context'
import { reserveAccountFrom } from '../../src/throttle/reserve'
import { call, freshIp } from '../support/api'
import { HOUR, pass, stopClock } from '../support/clock'
import { sendAll } from '../support/credentials'
import { depsFor } from '../support/deps'
import { mailsTo } from '../support/mailbox'
import { freshEmail, PASSWORD, signedInUser } from '../support/users'
import { fetchWith } from '../support/worker'

stopClock()

const forgot = (email: string, ip: string) =>
  call('POST', '/api/v1/auth/forgot-password', { email }, { ip })

/** Registers past the coarse limit of the platform, which counts minutes. */
const register = (ip: string, email = freshEmail(), more: object = {}) =>
  fetchWith(
    { REGISTER_LIMIT: { limit: async () => ({ success: true }) }, ...more },
    '/api/v1/auth/register',
    {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'cf-connecting-ip': ip },
      body: JSON.stringify({ email, password: PASSWORD, full_name: 'Ada Lovelace' }),
    },
  )

describe('mails that one network asks for', () => {
  it('end silently after 60 an hour, alike for known and unknown addresses', async () => {
    const [ada, bob] = [await signedInUser(), await signedInUser()]
    const ip = freshIp()
    const first = await forgot(ada.email, ip)
    for (let n = 0; n < 59; n++) await forgot(freshEmail(), ip)
    await sendAll()
    const [toAda, toBob] = [mailsTo(ada.email).length, mailsTo(bob.email).length]

    for (const email of [bob.email, freshEmail()]) {
      const { status, body } = await forgot(email, ip)
      expect([status, body]).toEqual([first.status, first.body])
    }
    await sendAll()
    expect(mailsTo(bob.email).length).toBe(toBob)
    expect(mailsTo(ada.email).length).toBe(toAda)

    expect((await forgot(bob.email, freshIp())).status).toBe(202)
    await sendAll()
    expect(mailsTo(bob.email).length).toBe(toBob + 1)
  })

  it('count registrations and links together, and refuse a registration openly', async () => {
    const ip = freshIp()
    for (let n = 0; n < 50; n++) await forgot(freshEmail(), ip)
    for (let n = 0; n < 10; n++) expect((await register(ip)).status).toBe(201)
    const taken = (await signedInUser()).email
    for (const email of [freshEmail(), taken]) {
      const refused = await register(ip, email)
      expect([refused.status, refused.body.code]).toEqual([429, 'too_many_attempts'])
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(3000)
    }
    expect((await register(freshIp())).status).toBe(201)
  })

  it('refuse the same where the existence of accounts is hidden', async () => {
    const ip = freshIp()
    for (let n = 0; n < 60; n++) await forgot(freshEmail(), ip)
    const taken = (await signedInUser()).email
    for (const email of [freshEmail(), taken]) {
      const refused = await register(ip, email, { HIDE_ACCOUNT_EXISTENCE: 'true' })
      expect([refused.status, refused.body.code]).toEqual([429, 'too_many_attempts'])
    }
  })

  it('are 20 an hour by sign-ins that must look like wrong ones, apart from the others', async () => {
    const hidden = { HIDE_ACCOUNT_EXISTENCE: 'true' }
    const open = { SIGN_IN_LIMIT: { limit: async () => ({ success: true }) } }
    const ip = freshIp()
    const pending = Array.from({ length: 24 }, () => freshEmail())
    for (const email of pending) expect((await register(freshIp(), email)).status).toBe(201)
    await sendAll()
    const sent = () => pending.reduce((sum, email) => sum + mailsTo(email).length, 0)
    const before = sent()
    const signIn = (username: string, from: string) =>
      fetchWith({ ...hidden, ...open }, '/api/v1/auth/login', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'cf-connecting-ip': from },
        body: JSON.stringify({ username, password: PASSWORD }),
      })
    for (const email of pending) expect((await signIn(email, ip)).status).toBe(401)
    await sendAll()
    expect(sent() - before).toBe(20)
    // Nothing that is shown depends on it, and what is shown does not either.
    for (let n = 0; n < 60; n++) await forgot(freshEmail(), ip)
    expect((await register(ip, freshEmail(), hidden)).status).toBe(429)
    pass(HOUR)
    for (let n = 0; n < 60; n++) await forgot(freshEmail(), ip)
    await signIn(pending[0] ?? '', ip)
    await sendAll()
    expect(sent() - before).toBe(21)
  })

  it('are at most 200 registrations a day', async () => {
    const ip = freshIp()
    const deps = depsFor({ client: { ...NO_CLIENT, ip } })
    for (let n = 0; n < 199; n++) {
      if (n % 50 === 0) pass(HOUR)
      expect((await reserveAccountFrom(deps)).allowed).toBe(true)
    }
    pass(HOUR)
    expect((await register(ip)).status).toBe(201)
    expect((await register(ip)).status).toBe(429)
  })
})
