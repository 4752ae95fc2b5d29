/**
 * What was set up before anybody proved an address, when somebody proves it or vouches for it. The
 * factor of a pending account is written into D1, as no door of the product sets one up there.
 */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, test } from 'vitest'
import { post, said } from '../support/api'
import { stopClock } from '../support/clock'
import { NEW_PASSWORD, reset } from '../support/credentials'
import { mailsTo, mailTo, tokenIn } from '../support/mailbox'
import { loseWakeUps } from '../support/outbox'
import { signInWithFactor, userWithSecondFactor } from '../support/second-factor'
import { leftOf, squatter } from '../support/squatter'
import { freshEmail, makeUser, rowOf, type SignedInUser, staff } from '../support/users'
import { postSignIn } from '../support/users-by-api'

stopClock()

let root: SignedInUser
beforeAll(async () => {
  loseWakeUps()
  root = await staff('admin')
})

const setStatus = (id: number, is_active: boolean) =>
  root.asks('PUT', `/admin/users/${id}/status`, { is_active })
const NO_FACTOR = { factors: 0, codes: 0 }

describe('a proof by a link', () => {
  test('of verification voids the factors, and keeps the password of the registration', async () => {
    const ada = await squatter()
    const { verify: token } = ada.links
    expect(said(await post('/api/v1/auth/verify-email', { token }))).toBe('200')
    expect(await leftOf(ada)).toMatchObject(NO_FACTOR)
    const { status, body } = await postSignIn(ada)
    expect([status, body.user?.two_factor_enabled]).toEqual([200, false])
  })

  test('of a reset voids the factors and the password', async () => {
    const ada = await squatter()
    expect(said(await reset(ada.links.reset))).toBe('200')
    expect(await leftOf(ada)).toMatchObject(NO_FACTOR)
    expect(said(await postSignIn(ada))).toBe('401 invalid_credentials')
    const { status, body } = await postSignIn({ ...ada, password: NEW_PASSWORD })
    expect([status, body.user?.two_factor_enabled]).toEqual([200, false])
    expect(said(await ada.asks('GET', '/auth/session'))).toBe('401 invalid_access_token')
  })

  test('of an invitation voids the factors', async () => {
    const email = freshEmail()
    const { body } = await root.asks('POST', '/admin/users', { email, full_name: 'Eve Evans' })
    await env.DB.prepare(
      "UPDATE users SET two_factor_secret = 'x', two_factor_enabled_at = 1 WHERE id = ?",
    )
      .bind(body.id)
      .run()
    const token = tokenIn(await mailTo(email), '/accept-invitation')
    await post('/api/v1/auth/accept-invitation', { token, password: NEW_PASSWORD })
    const { status, body: eve } = await postSignIn({ id: 0, email, password: NEW_PASSWORD })
    expect([status, eve.user?.two_factor_enabled]).toEqual([200, false])
  })
})

describe('an admin who vouches', () => {
  const acts: [string, (id: number, email: string) => Promise<unknown>][] = [
    ['by activating', (id) => setStatus(id, true)],
    [
      'by activating after a deactivation',
      async (id) => [await setStatus(id, false), await setStatus(id, true)],
    ],
    ['by a new address', (id, email) => root.asks('PATCH', `/admin/users/${id}`, { email })],
  ]
  test.each(acts)('%s voids password and factors, and mails a link', async (name, vouch) => {
    const ada = await squatter()
    const email = name.endsWith('address') ? freshEmail() : ada.email
    await vouch(ada.id, email)
    expect(await rowOf(ada.id)).toMatchObject({ status: 'active', hashed_password: null })
    expect(await leftOf(ada)).toMatchObject({ ...NO_FACTOR, object: 0 })
    expect(said(await postSignIn({ ...ada, email }))).toBe('401 invalid_credentials')
    expect(said(await ada.asks('GET', '/auth/session'))).toBe('401 invalid_access_token')
    const before = mailsTo(email).length
    await mailTo(email, before + 1)
    const link = mailsTo(email).findLast(({ text }) => text.includes('/reset-password?token='))
    if (!link) throw new Error('no link was mailed')
    expect(said(await reset(tokenIn(link, '/reset-password')))).toBe('200')
    expect(said(await postSignIn({ ...ada, email, password: NEW_PASSWORD }))).toBe('200')
  })

  test('for an imported user voids the password of the import as well', async () => {
    const ada = await makeUser({ status: 'pending' })
    await env.DB.prepare("UPDATE users SET origin = 'imported' WHERE id = ?").bind(ada.id).run()
    await setStatus(ada.id, true)
    expect(said(await postSignIn(ada))).toBe('401 invalid_credentials')
  })
})

describe('an account whose address is proved', () => {
  test('keeps password and factor through deactivation, activation and a new address', async () => {
    const ada = await userWithSecondFactor()
    await setStatus(ada.id, false)
    await setStatus(ada.id, true)
    expect((await signInWithFactor(ada)).status).toBe(200)
    const email = freshEmail()
    await root.asks('PATCH', `/admin/users/${ada.id}`, { email })
    expect((await signInWithFactor({ ...ada, email })).status).toBe(200)
    await mailTo(email)
    const texts = [...mailsTo(ada.email), ...mailsTo(email)].map(({ text }) => text)
    expect(texts.join('\n')).not.toContain('token=')
  })
})
