/** Changing one's address: proved, verified from the new address, and told to nobody else. */
import { describe, expect, it } from 'vitest'
import { rowsOf } from '../db/rows'
import { call, freshIp, post, said } from '../support/api'
import { DAY, HOUR, pass, SECOND, STEP_UP_MS, stopClock } from '../support/clock'
import {
  changeEmail,
  changePassword,
  changeToken,
  verifyChange,
  deactivate,
  INVALID_TOKEN,
  mailedToken,
  moveTo,
  profileOf,
  sendAll,
  undoChange,
  WRONG_PASSWORD,
} from '../support/credentials'
import { allMails, mailsTo, mailTo } from '../support/mailbox'
import { named } from '../support/named'
import { freshCode, userWithSecondFactor } from '../support/second-factor'
import { wrongCode } from '../support/totp'
import { under } from '../support/under'
import { freshEmail, PASSWORD, signedInUser } from '../support/users'
import { postSignIn, registerByApi, session } from '../support/users-by-api'

stopClock()

const SAME_ANSWER = {
  message: 'Confirm the change with the link in the email to the new address',
}

describe('a change of address', () => {
  it('happens when the new address verifies it, and the sign-in moves with it', async () => {
    const ada = await signedInUser()
    const address = freshEmail()
    const asked = await changeEmail(ada, address)
    expect([asked.status, asked.body]).toEqual([202, SAME_ANSWER])
    expect((await profileOf(ada)).email).toBe(ada.email)

    const token = await mailedToken(address, '/confirm-email-change')
    expect(said(await call('GET', `/api/v1/auth/confirm-email-change?token=${token}`))).toBe(
      '405 method_not_allowed',
    )
    const { status, body } = await verifyChange(token)
    expect([status, body]).toEqual([200, { message: 'Email changed successfully' }])
    expect(await profileOf(ada)).toMatchObject({ email: address, is_active: true })
    expect(said(await postSignIn(ada))).toBe('401 invalid_credentials')
    expect(said(await postSignIn({ ...ada, email: address }))).toBe('200')
    expect((await session(ada.token)).status).toBe(200)
    expect(said(await verifyChange(token))).toBe(INVALID_TOKEN)
  })

  it('asks for the password, and for another address', async () => {
    const ada = await signedInUser()
    const wrong = await changeEmail(ada, freshEmail(), { password: WRONG_PASSWORD })
    expect(said(wrong)).toBe('400 incorrect_password')
    for (const same of [ada.email, ` ${ada.email.toUpperCase()} `]) {
      expect(named(await changeEmail(ada, same))).toEqual(['new_email email_unchanged'])
    }
    expect(named(await changeEmail(ada, 'nobody'))).toEqual(['new_email invalid_email'])
  })

  it('asks for a code where the second factor is on', async () => {
    const ada = await userWithSecondFactor()
    const address = freshEmail()
    pass(STEP_UP_MS)
    expect(named(await changeEmail(ada, address))).toEqual(['code required'])
    const wrong = await changeEmail(ada, address, { code: await wrongCode(ada.secret) })
    expect(said(wrong)).toBe('400 invalid_2fa_code')
    for (const code of [123456, ['123456'], '1234567', ada.recoveryCodes[0]]) {
      expect((await changeEmail(ada, address, { code })).status).toBe(422)
    }
    await sendAll()
    expect(mailsTo(address)).toEqual([])
    const token = await changeToken(ada, address, { code: await freshCode(ada) })
    expect(said(await verifyChange(token))).toBe('200')
  })

  it('waits a day, and only the newest link counts', async () => {
    const ada = await signedInUser({ remember_me: true })
    const [one, two] = [freshEmail(), freshEmail()]
    const first = await changeToken(ada, one)
    const second = await changeToken(ada, two)
    expect(said(await verifyChange(first))).toBe(INVALID_TOKEN)
    pass(DAY)
    expect(said(await verifyChange(second))).toBe(INVALID_TOKEN)
    const { access_token: token } = (await postSignIn(ada)).body
    const third = await changeToken({ ...ada, token }, two)
    pass(DAY - SECOND)
    expect(said(await verifyChange(third))).toBe('200')
  })

  it('does not happen to an account that was deactivated meanwhile', async () => {
    const ada = await signedInUser()
    const token = await changeToken(ada, freshEmail())
    await deactivate(ada.id)
    expect(said(await verifyChange(token))).toBe(INVALID_TOKEN)
  })
})

describe('an address that cannot be had', () => {
  it('taken or reserved, is answered like a free one, and nobody gets a mail', async () => {
    const ada = await signedInUser()
    const owner = await signedInUser()
    const mover = await signedInUser()
    await moveTo(mover, mover.email, freshEmail())
    await sendAll()
    const before = allMails().length
    for (const address of [owner.email, mover.email]) {
      const { status, body } = await changeEmail(ada, address)
      expect([status, body]).toEqual([202, SAME_ANSWER])
    }
    await sendAll()
    expect(allMails()).toHaveLength(before)
    expect(await rowsOf("SELECT 1 FROM outbox WHERE kind = 'mail'")).toEqual([])
    // Recorded as for a free one: test/registration/equal-journeys.test.ts compares them field by field.
    const tokens = await rowsOf(
      "SELECT email FROM one_time_tokens WHERE user_id = ? AND purpose = 'confirm_email_change'",
      ada.id,
    )
    expect(tokens).toEqual([{ email: mover.email }])
  })

  it('because it was registered and verified since, is refused, and both keep theirs', async () => {
    const ada = await signedInUser()
    const address = freshEmail()
    const token = await changeToken(ada, address)
    await registerByApi(address)
    const verify = { token: await mailedToken(address, '/verify-email') }
    expect((await post('/api/v1/auth/verify-email', verify)).status).toBe(200)
    expect(said(await verifyChange(token))).toBe('409 email_taken')
    expect((await profileOf(ada)).email).toBe(ada.email)
  })

  it('because it is reserved by now, is refused when it is verified', async () => {
    const [eve, bob] = [await signedInUser(), await signedInUser()]
    const address = freshEmail()
    const late = await changeToken(eve, address)
    await moveTo(bob, bob.email, address)
    pass(SECOND)
    const undo = await moveTo(bob, address, freshEmail())
    expect(said(await verifyChange(late))).toBe('409 email_taken')
    expect(said(await undoChange(undo))).toBe('200')
  })

  it('is recorded like a free one when its mails are used up, also from its owner’s network', async () => {
    const shared = freshIp()
    const owner = await signedInUser()
    await postSignIn(owner, {}, { ip: shared })
    for (const address of [freshEmail(), owner.email]) {
      const recorded: number[] = []
      for (const ip of [...Array.from({ length: 5 }, freshIp), shared]) {
        const { token } = await signedInUser()
        const body = { password: PASSWORD, new_email: address }
        await call('POST', '/api/v1/users/change-email', body, { token, ip })
        const shown = await call('GET', '/api/v1/users/export', undefined, { token })
        recorded.push(shown.body.mailed_links.length)
      }
      expect(recorded).toEqual([1, 1, 1, 1, 1, 0])
    }
  })

  it('gets five mails an hour and purpose at most, silently', async () => {
    const address = freshEmail()
    for (let n = 0; n < 7; n++) {
      expect((await changeEmail(await signedInUser(), address)).status).toBe(202)
    }
    await mailTo(address, 5)
    await sendAll()
    expect(mailsTo(address)).toHaveLength(5)
  })
})

describe('one person', () => {
  it('has five addresses an hour mailed, whichever they are, and is told when that is all', async () => {
    const ada = await signedInUser()
    const before = allMails().length
    for (let n = 0; n < 5; n++) {
      expect(said(await changeEmail(ada, freshEmail()))).toBe('202')
      await sendAll()
    }
    const sixth = await changeEmail(ada, freshEmail())
    expect(said(sixth)).toBe('429 too_many_attempts')
    expect(sixth.headers.get('retry-after')).toBe('3600')
    await sendAll()
    expect(allMails()).toHaveLength(before + 5)
    expect(said(await changeEmail(await signedInUser(), freshEmail()))).toBe('202')
    pass(HOUR)
    const { access_token: token } = (await postSignIn(ada)).body
    expect(said(await changeEmail({ token }, freshEmail()))).toBe('202')
    await sendAll()
  })

  it('loses no mail by a wrong password', async () => {
    const ada = await signedInUser()
    for (let n = 0; n < 6; n++) await changeEmail(ada, freshEmail(), { password: WRONG_PASSWORD })
    expect(said(await changeEmail(ada, freshEmail()))).toBe('202')
    await sendAll()
  })
})

describe('a mail that is still queued', () => {
  it('is dropped when its token has died', async () => {
    const ada = await signedInUser()
    const address = freshEmail()
    const OUTBOX_QUEUE = { sendBatch: async () => undefined }
    const body = { password: PASSWORD, new_email: address }
    const { status } = await under({ OUTBOX_QUEUE }).post(
      '/api/v1/users/change-email',
      body,
      ada.token,
    )
    expect(status).toBe(202)
    const waiting = () => rowsOf("SELECT 1 FROM outbox WHERE payload LIKE '%confirm-email-change%'")
    expect(await waiting()).toHaveLength(1)
    expect((await changePassword(ada)).status).toBe(200)
    await sendAll()
    expect([mailsTo(address), await waiting()]).toEqual([[], []])
  })

  it('goes to the address that it vouches for, to the one that was typed and not its look-alike', async () => {
    const ada = await signedInUser()
    const typed = `Ａda-${crypto.randomUUID()}@EXAMPLE.com`
    const address = typed.replace('EXAMPLE', 'example')
    const asked = await under({ ALLOW_INTERNATIONAL_LOCAL_PARTS: 'true' }).post(
      '/api/v1/users/change-email',
      { password: PASSWORD, new_email: address },
      ada.token,
    )
    expect(asked.status).toBe(202)
    const token = await mailedToken(address, '/confirm-email-change')
    expect(said(await verifyChange(token))).toBe('200')
    expect((await profileOf(ada)).email).toBe(address)
    const look = { email: address.normalize('NFKC'), password: PASSWORD, full_name: 'Eve Other' }
    expect(said(await post('/api/v1/auth/register', look))).toBe('409 email_taken')
  })
})
