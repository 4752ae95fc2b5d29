/** Undoing a change of address: the old address's way back from a theft, for seven days. */
import { describe, expect, it } from 'vitest'
import { rowsOf } from '../db/rows'
import { post, said } from '../support/api'
import { DAY, pass, SECOND, stopClock } from '../support/clock'
import {
  changeEmail,
  changePassword,
  changeToken,
  verifyChange,
  deactivate,
  INVALID_TOKEN,
  moveTo,
  NEW_PASSWORD,
  reset,
  resetToken,
  sendAll,
  undoChange,
} from '../support/credentials'
import { mailsTo, mailTo, tokenIn } from '../support/mailbox'
import { freshCode, signInWithFactor, userWithSecondFactor } from '../support/second-factor'
import { under } from '../support/under'
import { freshEmail, PASSWORD, signedInUser } from '../support/users'
import { postSignIn, session } from '../support/users-by-api'

stopClock()

const account = (email: string) => ({ email, password: PASSWORD, full_name: 'Eve Other' })
const register = (email: string) => post('/api/v1/auth/register', account(email))

describe('the email to the old address', () => {
  it('carries the undo link, tells when and where, and never that there is nothing to do', async () => {
    const ada = await signedInUser()
    const address = freshEmail()
    const token = await moveTo(ada, ada.email, address)
    const mail = await mailTo(ada.email)
    expect(mail.subject).toBe('Your email address at Gatehouse was changed')
    expect(mail.text.match(/token=/g)).toHaveLength(1)
    expect(mail.text).toContain(`/undo-email-change?token=${token}`)
    expect(mail.text).toContain('undo the change')
    expect(mail.text).not.toContain('you can ignore this email')
    expect(mail.text).toMatch(/Time: .* Device: /)
    expect(mail.text + mail.html).not.toContain(address)
    expect(mailsTo(address)).toHaveLength(1)
  })

  it('is switched off by MAILS_OFF, and then nothing is reserved', async () => {
    const ada = await signedInUser()
    const quiet = under({ MAILS_OFF: 'email-changed' })
    const token = await changeToken(ada, freshEmail())
    const before = mailsTo(ada.email).length
    const path = '/api/v1/auth/confirm-email-change'
    expect((await quiet.post(path, { token }, ada.token)).status).toBe(200)
    await sendAll()
    expect(mailsTo(ada.email)).toHaveLength(before)
    expect((await register(ada.email)).status).toBe(201)
  })
})

describe('undoing', () => {
  it('brings the address back, revokes sessions, voids the password and mails a reset', async () => {
    const ada = await signedInUser()
    const taken = freshEmail()
    const undo = await moveTo(ada, ada.email, taken)
    const before = mailsTo(ada.email).length
    expect(said(await undoChange(undo))).toBe('200')
    expect(said(await session(ada.token))).toBe('401 invalid_access_token')
    for (const email of [ada.email, taken]) {
      expect(said(await postSignIn({ ...ada, email }))).toBe('401 invalid_credentials')
    }
    const token = tokenIn(await mailTo(ada.email, before + 1), '/reset-password')
    expect(said(await reset(token))).toBe('200')
    const { body } = await postSignIn({ ...ada, password: NEW_PASSWORD })
    expect(body.user).toMatchObject({ id: ada.id, email: ada.email })
    expect(said(await undoChange(undo))).toBe(INVALID_TOKEN)
    expect((await register(taken)).status).toBe(201)
  })

  it('tells the address that loses the account, without a link or the other address', async () => {
    const ada = await signedInUser()
    const losing = freshEmail()
    const undo = await moveTo(ada, ada.email, losing)
    const before = mailsTo(losing).length
    expect(said(await undoChange(undo))).toBe('200')
    const mail = await mailTo(losing, before + 1)
    expect(mail.subject).toBe('An email address change at Gatehouse was undone')
    expect(mail.text).not.toContain('token=')
    expect(mail.text + mail.html).not.toContain(ada.email)
    await sendAll()
    expect(await rowsOf("SELECT 1 FROM outbox WHERE kind = 'mail'")).toEqual([])
  })

  it('outlives what a thief does next: another password, a reset, another address', async () => {
    const ada = await signedInUser()
    const [second, third] = [freshEmail(), freshEmail()]
    const undo = await moveTo(ada, ada.email, second)
    expect(said(await changePassword(ada))).toBe('200')
    expect(said(await reset(await resetToken(second), PASSWORD))).toBe('200')
    pass(DAY)
    const { access_token: token } = (await postSignIn({ ...ada, email: second })).body
    await moveTo({ ...ada, token }, second, third)
    pass(6 * DAY - 2 * SECOND)
    expect(said(await undoChange(undo))).toBe('200')
    const [row] = await rowsOf('SELECT email, hashed_password FROM users WHERE id = ?', ada.id)
    expect(row).toEqual({ email: ada.email, hashed_password: null })
  })

  it('is over after seven days, and with it the reservation', async () => {
    const ada = await signedInUser()
    const undo = await moveTo(ada, ada.email, freshEmail())
    pass(7 * DAY)
    expect(said(await undoChange(undo))).toBe(INVALID_TOKEN)
    expect((await register(ada.email)).status).toBe(201)
  })

  it('revokes the links of later changes, not of earlier ones', async () => {
    const ada = await signedInUser()
    const addresses = [ada.email, freshEmail(), freshEmail(), freshEmail()]
    const undos: string[] = []
    for (const [n, from] of addresses.slice(0, -1).entries()) {
      undos.push(await moveTo(ada, from, addresses[n + 1] ?? ''))
      pass(SECOND)
    }
    const [first = '', second = '', third = ''] = undos
    const now = async () =>
      (await rowsOf('SELECT email FROM users WHERE id = ?', ada.id))[0]?.['email']
    expect(said(await undoChange(second))).toBe('200')
    expect(await now()).toBe(addresses[1])
    expect(said(await undoChange(third))).toBe(INVALID_TOKEN)
    const reset2 = await mailTo(addresses[1] ?? '', 3)
    expect(said(await undoChange(first))).toBe('200')
    expect(await now()).toBe(ada.email)
    expect(said(await reset(tokenIn(reset2, '/reset-password')))).toBe(INVALID_TOKEN)
  })

  it('revokes every other link of the account, so that an attacker cannot use one', async () => {
    const ada = await signedInUser()
    const thief = freshEmail()
    const undo = await moveTo(ada, ada.email, thief)
    const resetting = await resetToken(thief)
    const moving = await changeToken(ada, freshEmail())
    expect(said(await undoChange(undo))).toBe('200')
    expect(said(await reset(resetting))).toBe(INVALID_TOKEN)
    expect(said(await verifyChange(moving))).toBe(INVALID_TOKEN)
  })

  it('keeps the second factor: whose it is, only an administrator can find out', async () => {
    const ada = await userWithSecondFactor()
    const taken = freshEmail()
    const token = await changeToken(ada, taken, { code: await freshCode(ada) })
    const before = mailsTo(ada.email).length
    expect(said(await verifyChange(token))).toBe('200')
    const undo = tokenIn(await mailTo(ada.email, before + 1), '/undo-email-change')
    expect(said(await undoChange(undo))).toBe('200')
    const link = tokenIn(await mailTo(ada.email, before + 2), '/reset-password')
    expect(said(await reset(link))).toBe('200')
    const back = { ...ada, password: NEW_PASSWORD }
    expect(said(await signInWithFactor(back))).toBe('200')
  })

  it('moves no deactivated account', async () => {
    const ada = await signedInUser()
    const address = freshEmail()
    const undo = await moveTo(ada, ada.email, address)
    await deactivate(ada.id)
    const before = mailsTo(ada.email).length
    expect(said(await undoChange(undo))).toBe(INVALID_TOKEN)
    await sendAll()
    expect(mailsTo(ada.email)).toHaveLength(before)
    const [row] = await rowsOf('SELECT email, status FROM users WHERE id = ?', ada.id)
    expect(row).toEqual({ email: address, status: 'deactivated' })
  })
})

describe('for as long as it can be undone, the old address', () => {
  it('is nobody else’s: not by registration, setup of a change or its verification', async () => {
    const eve = await signedInUser()
    const ada = await signedInUser()
    // Asked for while it was hers already has no token; asked for later neither.
    await changeEmail(eve, ada.email)
    const undo = await moveTo(ada, ada.email, freshEmail())
    await changeEmail(eve, ada.email)
    expect(said(await register(ada.email))).toBe('409 email_taken')
    expect(said(await register(ada.email.toUpperCase()))).toBe('409 email_taken')
    const hidden = under({ HIDE_ACCOUNT_EXISTENCE: 'true' })
    const reply = await hidden.post('/api/v1/auth/register', account(ada.email))
    expect(reply.status).toBe(202)
    await sendAll()
    const mails = mailsTo(ada.email).map(({ subject }) => subject)
    expect(mails.filter((subject) => /Confirm your new|already have/.test(subject))).toEqual([])
    expect(await rowsOf('SELECT 1 FROM users WHERE email_key = ?', ada.email)).toEqual([])
    expect(said(await undoChange(undo))).toBe('200')
  })
})
