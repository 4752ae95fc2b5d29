/** What a sign-in tells, what it costs, and how often it may be wrong. */
import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { NO_CLIENT } from '../../src/context'
import { signIn } from '../../src/sign-in/password-step'
import { reserveSignIn } from '../../src/throttle/reserve'
import { freshIp, post, type Reply, said } from '../support/api'
import { HOUR, MINUTE, pass, stopClock } from '../support/clock'
import { comparable } from '../support/comparable'
import { resetToken } from '../support/credentials'
import { depsFor } from '../support/deps'
import { hashing } from '../support/hashes'
import { freshEmail, makeUser, PASSWORD } from '../support/users'
import { postSignIn, registerByApi } from '../support/users-by-api'
import { fetchWith } from '../support/worker'
import { wrapEnv } from '../support/wrapped-env'

stopClock()
// Hundreds of real hashes take their time on a busy machine.
vi.setConfig({ testTimeout: 20_000 })

const WRONG = 'Wrong-Horse-7'
const setStatus = (id: number, column: string) =>
  env.DB.prepare(`UPDATE users SET ${column} = 1 WHERE id = ?`).bind(id).run()

async function people() {
  const active = await makeUser()
  const pending = await registerByApi()
  const deactivated = await makeUser()
  await setStatus(deactivated.id, 'deactivated_at')
  const voided = await makeUser()
  await env.DB.prepare('UPDATE users SET hashed_password = NULL WHERE id = ?').bind(voided.id).run()
  const damaged = await makeUser()
  await env.DB.prepare('UPDATE users SET hashed_password = ? WHERE id = ?')
    .bind('$gatehouse-pbkdf2$r=1,i=100000,k=gone$AAAA', damaged.id)
    .run()
  const nobody = { id: 0, email: freshEmail(), password: PASSWORD }
  return { active, pending, deactivated, voided, damaged, nobody }
}

describe('a wrong password', () => {
  it('is answered alike for every kind of account and for none, by exactly one hash', async () => {
    const all = await people()
    const answers = []
    for (const person of Object.values(all)) {
      const { hashes, result } = await hashing(() => postSignIn({ ...person, password: WRONG }))
      expect(hashes).toEqual([100_000])
      answers.push(comparable(result))
    }
    expect(answers[0]).toMatchObject({
      status: 401,
      body: { code: 'invalid_credentials', detail: 'Incorrect email or password' },
    })
    for (const answer of answers) expect(answer).toEqual(answers[0])
  })

  it('costs one hash for what is no address at all', async () => {
    for (const email of ['nobody', 'a b@example.com', '\u0000', `${'x'.repeat(900)}@example.com`]) {
      const { hashes, result } = await hashing(() => postSignIn({ id: 0, email, password: WRONG }))
      expect([said(result), ...hashes]).toEqual(['401 invalid_credentials', 100_000])
    }
  })

  it('never learns that an account is not active; a right one does', async () => {
    const { pending, deactivated } = await people()
    for (const person of [pending, deactivated]) {
      const { hashes, result } = await hashing(() => postSignIn(person))
      expect([said(result), ...hashes]).toEqual(['401 account_not_active', 100_000])
      expect(result.body.detail).toBe('Account not activated')
    }
  })
})

describe('wrong sign-ins at once', () => {
  const many = (count: number, email: string, ip: (n: number) => string) =>
    hashing(() =>
      Promise.all(
        Array.from({ length: count }, (_, n) =>
          postSignIn({ id: 0, email, password: WRONG }, {}, { ip: ip(n) }),
        ),
      ),
    )
  const refused = (replies: Reply[]) =>
    replies.filter((reply) => reply.body.code === 'too_many_attempts')

  it('fifty from one address are hashed 10 times, and locked alike with an account or none', async () => {
    const { email } = await makeUser()
    const answers = []
    for (const address of [email, freshEmail()]) {
      const ip = freshIp()
      const { hashes, result } = await many(50, address, () => ip)
      expect(hashes).toHaveLength(10)
      expect(refused(result)).toHaveLength(40)
      pass(2 * MINUTE)
      answers.push(
        comparable(await postSignIn({ id: 0, email: address, password: PASSWORD }, {}, { ip })),
      )
      pass(HOUR)
    }
    expect(answers[0]).toMatchObject({ status: 429, body: { code: 'too_many_attempts' } })
    expect(Object.fromEntries(answers[0]?.headers ?? [])['retry-after']).toBe(String(13 * 60))
    expect(answers[1]).toEqual(answers[0])
  })

  it('a hundred from as many addresses are hashed 50 times, and do not shut out the owner at home', async () => {
    const owner = await makeUser()
    const home = freshIp()
    expect((await postSignIn(owner, {}, { ip: home })).status).toBe(200)
    const { hashes, result } = await many(100, owner.email, freshIp)
    expect([hashes.length, refused(result).length]).toEqual([50, 50])
    expect(said(await postSignIn(owner))).toBe('429 too_many_attempts')
    expect((await postSignIn(owner, {}, { ip: home })).status).toBe(200)
  })
})

describe('an address that is locked for long', () => {
  it('says that a reset lifts the lock, whether or not there is an account', async () => {
    const { email } = await makeUser()
    const answers = []
    for (const address of [email, freshEmail()]) {
      for (let n = 0; n < 80; n++) {
        if (n === 50) pass(HOUR)
        await reserveSignIn(depsFor({ client: { ...NO_CLIENT, ip: freshIp() } }), address)
      }
      const reply = await postSignIn({ id: 0, email: address, password: PASSWORD })
      expect(said(reply)).toBe('429 too_many_attempts')
      expect(Number(reply.headers.get('retry-after'))).toBe(30 * 24 * 3600)
      const page = await fetchWith({}, '/sign-in', {
        method: 'POST',
        headers: { accept: 'text/html', 'sec-fetch-site': 'same-origin' },
        body: new URLSearchParams({ email: address, password: PASSWORD }),
      })
      expect(page.status).toBe(429)
      expect(page.body).toContain('You don’t have to wait')
      const html = page.body.replaceAll(address, '').replaceAll(/nonce="[^"]*"/g, '')
      answers.push([reply.body.detail, html])
    }
    expect(answers[0]?.[0]).toContain('or reset the password by email to sign in now')
    expect(answers[1]).toEqual(answers[0])

    const token = await resetToken(email)
    const reset = { token, new_password: 'Another-Horse-8' }
    expect((await post('/api/v1/auth/reset-password', reset)).status).toBe(200)
    expect((await postSignIn({ id: 0, email, password: 'Another-Horse-8' })).status).toBe(200)
  })

  it('for minutes does not say so', async () => {
    const [ip, email] = [freshIp(), freshEmail()]
    const wrong = { id: 0, email, password: WRONG }
    for (let n = 0; n < 10; n++) await postSignIn(wrong, {}, { ip })
    const reply = await postSignIn(wrong, {}, { ip })
    expect(reply.body.detail).toBe('Too many attempts. Try again later')
  })
})

describe('what is no address', () => {
  it('is counted for itself, however it is spelt: the slips of others lock nobody out', async () => {
    const slip = (email: string) => postSignIn({ id: 0, email, password: WRONG })
    const replies = await Promise.all(Array.from({ length: 52 }, () => slip('ada.lovelace')))
    expect(replies.filter(({ status }) => status === 401)).toHaveLength(50)
    expect(said(await slip(' ADA.Lovelace '))).toBe('429 too_many_attempts')
    for (const other of ['grace.hopper', '@ada.lovelace', 'nobody', '\ud800']) {
      expect(said(await slip(other)), other).toBe('401 invalid_credentials')
    }
  })
})

describe('a right password', () => {
  it('given six times at once signs in six times, and again', async () => {
    const ada = await makeUser()
    const ip = freshIp()
    for (let round = 0; round < 3; round++) {
      const replies = await Promise.all(
        Array.from({ length: 6 }, () => postSignIn(ada, {}, { ip })),
      )
      expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200])
      pass(MINUTE)
    }
  })

  it('of a pending account makes no network known: who squats an address wins nothing by it', async () => {
    const squatted = await registerByApi()
    const squatter = freshIp()
    for (let n = 0; n < 12; n++) {
      const reply = await postSignIn(squatted, {}, { ip: squatter })
      expect(said(reply)).toBe('401 account_not_active')
    }
    // Strangers use up the address's own budget, which a known network would not meet.
    const from = (ip: string) => depsFor({ client: { ...NO_CLIENT, ip } })
    for (let n = 0; n < 50; n++) await reserveSignIn(from(freshIp()), squatted.email)
    expect(said(await postSignIn(squatted, {}, { ip: squatter }))).toBe('429 too_many_attempts')
  })
})

describe('a fault of ours', () => {
  it('while the password is compared costs no attempt', async () => {
    const ada = await makeUser()
    const client = { ...NO_CLIENT, ip: freshIp() }
    const broken = wrapEnv(env, (call, go) =>
      call.name.startsWith('DB.') ? Promise.reject(new Error('D1_ERROR: lost')) : go(),
    )
    const attempt = (theEnv: Env, password: string) =>
      signIn(depsFor({ env: theEnv, client }), {
        username: ada.email,
        password,
        rememberMe: false,
      })
    for (let n = 0; n < 12; n++) await expect(attempt(broken, PASSWORD)).rejects.toThrow()
    for (let n = 0; n < 9; n++) {
      await expect(attempt(env, WRONG)).rejects.toMatchObject({ code: 'invalid_credentials' })
    }
    expect(await attempt(env, PASSWORD)).toHaveProperty('access_token')
  })

  it('in the throttle refuses: without counting, nothing is compared', async () => {
    const ada = await makeUser()
    vi.spyOn(console, 'error').mockImplementationOnce(() => {})
    const uncounted = wrapEnv(env, (call, go) =>
      call.name === 'THROTTLE.reserve' ? Promise.reject(new Error('lost')) : go(),
    )
    const { hashes } = await hashing(async () =>
      expect(
        signIn(depsFor({ env: uncounted }), {
          username: ada.email,
          password: PASSWORD,
          rememberMe: false,
        }),
      ).rejects.toThrow('lost'),
    )
    expect(hashes).toEqual([])
  })
})
