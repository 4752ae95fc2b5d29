/** HIDE_ACCOUNT_EXISTENCE: nothing that anyone can ask tells whether an address has an account. */
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { NO_CLIENT } from '../../src/context'
import { register } from '../../src/registration/register'
import { signIn } from '../../src/sign-in/password-step'
import { reserveMailFrom } from '../../src/throttle/reserve'
import { parseEmailAddress } from '../../src/users/email-address'
import { rowsOf } from '../db/rows'
import { freshIp, post, said } from '../support/api'
import { stopClock } from '../support/clock'
import { comparable } from '../support/comparable'
import { deactivate, moveTo, NEW_PASSWORD, sendAll, WRONG_PASSWORD } from '../support/credentials'
import { depsFor } from '../support/deps'
import { hashing } from '../support/hashes'
import { allMails, mailsTo, mailTo, tokenIn } from '../support/mailbox'
import { under } from '../support/under'
import { freshEmail, makeUser, PASSWORD, signedInUser } from '../support/users'
import { postSignIn, registerByApi } from '../support/users-by-api'
import { consoleLines } from '../support/worker'
import { recordingEnv, wrapEnv } from '../support/wrapped-env'

stopClock()
beforeEach(sendAll)

const HIDDEN = { HIDE_ACCOUNT_EXISTENCE: 'true' }
const hidden = under(HIDDEN)
const HIDING = { ...env, ...HIDDEN } as unknown as Env
const registers = (email: string) =>
  hidden.post('/api/v1/auth/register', { email, password: PASSWORD, full_name: 'Eve Other' })
const signsIn = (username: string, password = PASSWORD) =>
  hidden.post('/api/v1/auth/login', { username, password })

/** An address of each sort, and what there is of it. */
async function addresses() {
  const [active, pending, gone] = [await makeUser(), await registerByApi(), await makeUser()]
  await deactivate(gone.id)
  const mover = await signedInUser()
  await moveTo(mover, mover.email, freshEmail())
  await sendAll()
  return {
    free: freshEmail(),
    active: active.email,
    pending: pending.email,
    deactivated: gone.email,
    reserved: mover.email,
  }
}

describe('registering', () => {
  it('is answered alike for every address: a message without an id', async () => {
    const answers = []
    for (const email of Object.values(await addresses())) {
      const { hashes, result } = await hashing(() => registers(email))
      expect(hashes).toHaveLength(1)
      answers.push(comparable(result))
    }
    expect(answers[0]).toMatchObject({
      status: 202,
      body: { message: 'Check your email for a link to verify your address' },
    })
    for (const answer of answers) expect(answer).toEqual(answers[0])
  })

  it('costs the same calls for every address', async () => {
    const costs = []
    for (const typed of Object.values(await addresses())) {
      const { env: recorded, calls } = recordingEnv(HIDING)
      const email = parseEmailAddress(typed)
      if (!email) throw new Error(typed)
      const account = { email, password: PASSWORD, fullName: 'Eve Other' }
      expect(await register(depsFor({ env: recorded }), account)).toBeNull()
      costs.push(calls)
    }
    // The network's budget, then the address's.
    const objects = ['THROTTLE.reserve', 'THROTTLE.reserve']
    expect(costs[0]).toEqual([...objects, 'DB.batch', 'OUTBOX_QUEUE.sendBatch'])
    for (const cost of costs) expect(cost).toEqual(costs[0])
  })

  it('makes an account of a free address, and tells the owner of a taken one by mail', async () => {
    const { free, active, pending, reserved } = await addresses()
    const before = await rowsOf('SELECT * FROM users WHERE email IN (?, ?)', active, pending)
    const mails = allMails().length
    for (const email of [free, active, pending, reserved]) await registers(email)
    const newest = async (email: string, count: number) => (await mailTo(email, count)).subject
    expect(await newest(free, 1)).toBe('Confirm your email address for Gatehouse')
    expect(await newest(active, 1)).toBe('You already have an account at Gatehouse')
    expect(await newest(pending, 2)).toBe('You already have an account at Gatehouse')
    expect(allMails()).toHaveLength(mails + 3)
    expect(mailsTo(active).at(-1)?.text).not.toContain('token=')
    expect(await rowsOf('SELECT * FROM users WHERE email IN (?, ?)', active, pending)).toEqual(
      before,
    )
    expect(await rowsOf('SELECT 1 FROM users WHERE email_key = ?', reserved)).toEqual([])
    const audits = await rowsOf(
      "SELECT 1 FROM audit_log WHERE event = 'user.registered' AND target_id IS NULL",
    )
    expect(audits).toEqual([])
  })

  it('tells an owner five times an hour at most', async () => {
    const { email } = await makeUser()
    for (let n = 0; n < 7; n++) await registers(email)
    await mailTo(email, 5)
    await sendAll()
    expect(mailsTo(email)).toHaveLength(5)
  })

  it('still refuses a password that breaks the rules, whatever the address', async () => {
    for (const email of [(await makeUser()).email, freshEmail()]) {
      const weak = { email, password: 'Password1!', full_name: 'Eve Other' }
      const reply = await hidden.post('/api/v1/auth/register', weak)
      expect(said(reply)).toBe('422 validation_failed')
    }
  })
})

describe('signing in to a pending account', () => {
  it('with the right password is answered as with a wrong one, and mails a fresh link', async () => {
    const ada = await registerByApi()
    await mailTo(ada.email)
    const wrong = comparable(await signsIn(ada.email, WRONG_PASSWORD))
    const { hashes, result } = await hashing(() => signsIn(ada.email))
    expect(hashes).toHaveLength(1)
    expect(comparable(result)).toEqual(wrong)
    expect(comparable(await signsIn(freshEmail()))).toEqual(wrong)
    expect(said(result)).toBe('401 invalid_credentials')

    const token = tokenIn(await mailTo(ada.email, 2), '/verify-email')
    expect(mailsTo(ada.email)).toHaveLength(2)
    expect((await post('/api/v1/auth/verify-email', { token })).status).toBe(200)
    expect((await signsIn(ada.email)).body).toHaveProperty('access_token')
  })

  it('counts as a wrong password: twelve tries do not tell whether the address was taken', async () => {
    const worlds = []
    for (const email of [freshEmail(), (await makeUser()).email]) {
      const body = { email, password: NEW_PASSWORD, full_name: 'Eve Other' }
      expect((await hidden.post('/api/v1/auth/register', body)).status).toBe(202)
      const ip = freshIp()
      const told = []
      for (let n = 0; n < 12; n++) {
        const credentials = { username: email, password: NEW_PASSWORD, rememberMe: false }
        const deps = depsFor({ env: HIDING, client: { ...NO_CLIENT, ip } })
        told.push(await signIn(deps, credentials).catch(({ code }) => code))
      }
      worlds.push(told)
    }
    const [wrong, locked] = ['invalid_credentials', 'too_many_attempts']
    expect(worlds[0]).toEqual([...Array.from({ length: 10 }, () => wrong), locked, locked])
    expect(worlds[1]).toEqual(worlds[0])
  })

  it('takes no place from the mails of its network, which a registration would show', async () => {
    const left = []
    for (const email of [freshEmail(), (await makeUser()).email]) {
      const from = depsFor({ env: HIDING, client: { ...NO_CLIENT, ip: freshIp() } })
      for (let n = 0; n < 58; n++) expect((await reserveMailFrom(from)).allowed).toBe(true)
      const address = parseEmailAddress(email)
      if (!address) throw new Error(email)
      const account = { email: address, fullName: 'Eve Other', password: PASSWORD }
      await register(from, account)
      const credentials = { username: email, password: PASSWORD, rememberMe: false }
      await expect(signIn(from, { ...credentials, password: WRONG_PASSWORD })).rejects.toThrow()
      await signIn(from, credentials).catch(() => undefined)
      await sendAll()
      left.push((await reserveMailFrom(from)).allowed)
    }
    expect(left).toEqual([true, true])
  })

  it('is answered before the mail is written, and also when it cannot be', async () => {
    const { email } = await registerByApi()
    const lines = consoleLines()
    const answered = Promise.withResolvers<void>()
    const stuck = wrapEnv(HIDING, async ({ name }, go) => {
      if (name !== 'DB.batch') return go()
      await answered.promise
      throw new Error('D1_ERROR: lost')
    })
    const credentials = { username: email, password: PASSWORD, rememberMe: false }
    await expect(signIn(depsFor({ env: stuck }), credentials)).rejects.toMatchObject({
      code: 'invalid_credentials',
    })
    answered.resolve()
    await expect.poll(() => lines.join()).toContain('verification_not_resent')
  })

  it('is told openly where existence is not hidden', async () => {
    const ada = await registerByApi()
    expect(said(await postSignIn(ada))).toBe('401 account_not_active')
  })
})
