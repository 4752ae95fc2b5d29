/**
 * Verifying a wanted address: the link proves the mailbox, and the account must be proved beside it, or
 * a stranger's account could be pushed under a person and be pulled away with that person's data.
 */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { rowsOf } from '../db/rows'
import { call, post, said } from '../support/api'
import { pass, MINUTE, stopClock } from '../support/clock'
import {
  changePassword,
  changeToken,
  verifyChange,
  declineChange,
  INVALID_TOKEN,
  profileOf,
  sendAll,
  WRONG_PASSWORD,
} from '../support/credentials'
import { mailsTo, mailTo } from '../support/mailbox'
import { named } from '../support/named'
import { freshCode, userWithSecondFactor } from '../support/second-factor'
import { under } from '../support/under'
import { freshEmail, PASSWORD, signedInUser, type SignedInUser } from '../support/users'
import { postSignIn } from '../support/users-by-api'

stopClock()

const ASKED = ['password required']
/** Nothing has happened, and the link still works for the account's own user. */
async function isUntouched(who: SignedInUser, token: string): Promise<void> {
  expect((await rowsOf('SELECT email FROM users WHERE id = ?', who.id))[0]?.['email']).toBe(
    who.email,
  )
  expect(said(await verifyChange(token, { by: who.token }))).toBe('200')
}

describe('a link to verify an address', () => {
  it('alone does nothing: it names the password, and stays good', async () => {
    const ada = await signedInUser()
    const token = await changeToken(ada, freshEmail())
    const reply = await verifyChange(token, {})
    expect([reply.status, named(reply)]).toEqual([422, ASKED])
    await isUntouched(ada, token)
  })

  it('works in a session of the account, and with its password', async () => {
    for (const proof of [
      (ada: SignedInUser) => ({ by: ada.token }),
      () => ({ password: PASSWORD }),
    ]) {
      const ada = await signedInUser()
      const address = freshEmail()
      const token = await changeToken(ada, address)
      expect(said(await verifyChange(token, proof(ada)))).toBe('200')
      expect((await profileOf(ada)).email).toBe(address)
    }
  })

  it('works with the password where the second factor is on: its code was given before', async () => {
    const ada = await userWithSecondFactor()
    const token = await changeToken(ada, freshEmail(), { code: await freshCode(ada) })
    expect(said(await verifyChange(token))).toBe('200')
  })

  it('is no use to another account, whose session counts for nothing', async () => {
    const [eve, ada] = [await signedInUser(), await signedInUser()]
    const address = freshEmail()
    const token = await changeToken(eve, address)
    expect(named(await verifyChange(token, { by: ada.token }))).toEqual(ASKED)
    expect(said(await verifyChange(token, { by: ada.token, password: WRONG_PASSWORD }))).toBe(
      '400 incorrect_password',
    )
    expect((await profileOf(ada)).email).toBe(ada.email)
    await isUntouched(eve, token)
  })

  it('takes no token that is none of a live session', async () => {
    const ada = await signedInUser()
    const token = await changeToken(ada, freshEmail())
    const { access_token: gone } = (await postSignIn(ada)).body
    await call('POST', '/api/v1/auth/logout', undefined, { token: gone })
    for (const by of [gone, 'x', 'a.b.c', `ghk_${'a'.repeat(22)}_${'b'.repeat(43)}`]) {
      expect(named(await verifyChange(token, { by })), by).toEqual(ASKED)
    }
    await isUntouched(ada, token)
  })

  it('is not consumed by a wrong password; ten of them lock the link, and no session of the user', async () => {
    const ada = await signedInUser()
    const token = await changeToken(ada, freshEmail())
    for (let n = 0; n < 10; n++) {
      const wrong = await verifyChange(token, { password: WRONG_PASSWORD })
      expect(said(wrong)).toBe('400 incorrect_password')
    }
    const refused = await verifyChange(token)
    expect(said(refused)).toBe('429 too_many_attempts')
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    pass(15 * MINUTE)
    expect(said(await verifyChange(token))).toBe('200')
    for (let n = 0; n < 10; n++) await verifyChange(token, { password: WRONG_PASSWORD })
    expect(said(await changePassword(ada))).toBe('200')
  })

  it('works for no restricted session, and no password that would open one', async () => {
    const ada = await signedInUser()
    const token = await changeToken(ada, freshEmail())
    await env.DB.prepare(
      'UPDATE users SET password_expires_at = ?, auth_version = auth_version + 1 WHERE id = ?',
    )
      .bind(Date.now(), ada.id)
      .run()
    const { access_token: by } = (await postSignIn(ada)).body
    expect(named(await verifyChange(token, { by }))).toEqual(ASKED)
    expect(said(await verifyChange(token, { by, password: PASSWORD }))).toBe('403 password_expired')
    const strict = under({ REQUIRE_2FA_ROLES: 'user' })
    const bob = await signedInUser()
    const body = { token: await changeToken(bob, freshEmail()) }
    const path = '/api/v1/auth/confirm-email-change'
    expect(named(await strict.post(path, body, bob.token))).toEqual(ASKED)
    const withPassword = await strict.post(path, { ...body, password: PASSWORD })
    expect(said(withPassword)).toBe('403 two_factor_required')
  })

  it('that has been used answers so, whatever else is sent', async () => {
    for (const proof of [{}, { password: WRONG_PASSWORD }, { by: 'x' }]) {
      expect(said(await verifyChange('x'.repeat(43), proof))).toBe(INVALID_TOKEN)
    }
  })
})

describe('the mail to the new address', () => {
  it('names the account masked, and neither its address nor the other things that it holds', async () => {
    const ada = await signedInUser()
    const address = freshEmail()
    await changeToken(ada, address)
    const { text, html } = await mailTo(address)
    const [local = '', domain = ''] = ada.email.split('@')
    const masked = `${local[0]}•••@${domain[0]}••.com`
    for (const part of [text, html]) {
      expect(part).toContain(masked)
      expect(part).toContain('This isn’t my account')
      expect(part).not.toContain(ada.email)
      expect(part).not.toContain(local)
    }
  })
})

describe('declining a wanted address', () => {
  it('cancels the change, is logged without IP, and emails the account', async () => {
    const ada = await signedInUser()
    const address = freshEmail()
    const token = await changeToken(ada, address)
    const before = mailsTo(ada.email).length
    const { status, body } = await declineChange(token)
    expect([status, body]).toEqual([200, { message: 'The email change was declined' }])
    expect(said(await verifyChange(token, { by: ada.token }))).toBe(INVALID_TOKEN)
    expect(said(await declineChange(token))).toBe(INVALID_TOKEN)
    const [row] = await rowsOf(
      "SELECT actor_id, ip, country, user_agent, data FROM audit_log WHERE event = 'user.email_change_declined' AND target_id = ?",
      ada.id,
    )
    expect(row).toEqual({ actor_id: null, ip: null, country: null, user_agent: null, data: '{}' })
    const mail = await mailTo(ada.email, before + 1)
    expect(mail.subject).toBe('Your email address change at Gatehouse was declined')
    expect(mail.text + mail.html).not.toContain(address)
    await sendAll()
    expect(mailsTo(address)).toHaveLength(1)
    expect((await profileOf(ada)).email).toBe(ada.email)
  })

  it('at the moment of verifying: one of both happens', async () => {
    for (let round = 0; round < 4; round++) {
      const ada = await signedInUser()
      const token = await changeToken(ada, freshEmail())
      const replies = await Promise.all([
        verifyChange(token, { by: ada.token }),
        declineChange(token),
      ])
      expect(replies.map(({ status }) => status).sort()).toEqual([200, 400])
    }
  })

  it('takes no link of another purpose', async () => {
    const ada = await signedInUser()
    const { body } = await post('/api/v1/auth/decline-email-change', {
      token: ada.token.slice(0, 43),
    })
    expect(body.code).toBe('invalid_token')
  })
})
