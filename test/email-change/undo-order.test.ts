/** Which of several links that undo a change of address has the last word: the older, whoever moved since. */
import { describe, expect, it, vi } from 'vitest'
import { rowsOf } from '../db/rows'
import { post, said } from '../support/api'
import { DAY, HOUR, MINUTE, pass, SECOND, stopClock } from '../support/clock'
import { changeToken, verifyChange, moveTo, sendAll, undoChange } from '../support/credentials'
import { mailsTo, mailTo } from '../support/mailbox'
import { under } from '../support/under'
import { freshEmail, PASSWORD, signedInUser, type SignedInUser } from '../support/users'
import { postSignIn } from '../support/users-by-api'

stopClock()

const SPENT = '400 invalid_token'
const addressOf = async ({ id }: { id: number }) =>
  (await rowsOf('SELECT email FROM users WHERE id = ?', id))[0]?.['email']
const isKept = async (email: string) =>
  (await rowsOf('SELECT 1 FROM one_time_tokens WHERE reserved_key = ?', email)).length > 0

/** Moves back to an address that an undo link keeps; returns what the address that is left was mailed. */
async function moveBack(who: SignedInUser, from: string, to: string) {
  const before = mailsTo(from).length
  const token = await changeToken(who, to)
  expect(said(await verifyChange(token, { by: who.token }))).toBe('200')
  return mailTo(from, before + 1)
}

describe('a move back to an address that an undo link keeps', () => {
  it('gives the address that is left no link, and tells it without when and where', async () => {
    const ada = await signedInUser()
    const thief = freshEmail()
    const undo = await moveTo(ada, ada.email, thief)
    pass(4 * DAY)
    const { access_token: token } = (await postSignIn({ ...ada, email: thief })).body
    const mail = await moveBack({ ...ada, token }, thief, ada.email)
    expect(mail.subject).toBe('Your account at Gatehouse uses its previous address again')
    expect(mail.text).not.toMatch(/token=|Time:/)
    expect(mail.text + mail.html).not.toContain(ada.email)
    await sendAll()
    expect(mailsTo(thief).some(({ text }) => text.includes('/undo-email-change'))).toBe(false)
    expect(await isKept(thief)).toBe(false)
    // It has done what it was for.
    expect(said(await undoChange(undo))).toBe(SPENT)
    expect(await addressOf(ada)).toBe(ada.email)
  })

  it('revokes the links of later changes too', async () => {
    const ada = await signedInUser()
    const [second, third] = [freshEmail(), freshEmail()]
    await moveTo(ada, ada.email, second)
    const thiefs = await moveTo(ada, second, third)
    await moveBack(ada, third, ada.email)
    expect(said(await undoChange(thiefs))).toBe(SPENT)
    expect(await addressOf(ada)).toBe(ada.email)
  })

  it('keeps the older links, so that moving back and forth does not cost the owner theirs', async () => {
    const ada = await signedInUser()
    const [second, third] = [freshEmail(), freshEmail()]
    const undo = await moveTo(ada, ada.email, second)
    await moveTo(ada, second, third)
    await moveBack(ada, third, second)
    expect(said(await undoChange(undo))).toBe('200')
    expect(await addressOf(ada)).toBe(ada.email)
  })

  it('leaves the next move away from it a link of its own', async () => {
    const ada = await signedInUser()
    const [second, third] = [freshEmail(), freshEmail()]
    await moveTo(ada, ada.email, second)
    await moveBack(ada, second, ada.email)
    const undo = await moveTo(ada, ada.email, third)
    expect(said(await undoChange(undo))).toBe('200')
    expect(await addressOf(ada)).toBe(ada.email)
  })

  it('is a move like any other once the link is over', async () => {
    const ada = await signedInUser()
    const other = freshEmail()
    await moveTo(ada, ada.email, other)
    pass(7 * DAY)
    const { access_token: token } = (await postSignIn({ ...ada, email: other })).body
    const undo = await moveTo({ ...ada, token }, other, ada.email)
    expect(said(await undoChange(undo))).toBe('200')
    expect(await addressOf(ada)).toBe(other)
  })
})

it('an older link lasts as long as a younger one: the owner who moves on is not overtaken', async () => {
  const ada = await signedInUser()
  const [thief, third] = [freshEmail(), freshEmail()]
  const undo = await moveTo(ada, ada.email, thief)
  pass(4 * DAY)
  const { access_token: token } = (await postSignIn({ ...ada, email: thief })).body
  const thiefs = await moveTo({ ...ada, token }, thief, third)
  pass(4 * DAY)
  expect(said(await undoChange(thiefs))).toBe('200')
  expect(await addressOf(ada)).toBe(thief)
  expect(said(await undoChange(undo))).toBe('200')
  expect(await addressOf(ada)).toBe(ada.email)
})

it('of many links the oldest and the newest 19 stay: an erasure looks at the address of each', async () => {
  const ada = await signedInUser()
  let from = ada.email
  let oldest = ''
  for (let n = 0; n < 22; n++) {
    const to = freshEmail()
    const { access_token: token } = (await postSignIn({ ...ada, email: from })).body
    const undo = await moveTo({ ...ada, token }, from, to)
    if (n === 0) oldest = undo
    from = to
    pass(HOUR / 4)
  }
  const kept = await rowsOf(
    "SELECT 1 FROM one_time_tokens WHERE user_id = ? AND purpose = 'undo_email_change'",
    ada.id,
  )
  expect(kept).toHaveLength(20)
  expect(said(await undoChange(oldest))).toBe('200')
  expect(await addressOf(ada)).toBe(ada.email)
}, 60_000)

it('a link that is over is not brought back by a younger one', async () => {
  const ada = await signedInUser()
  const second = freshEmail()
  const undo = await moveTo(ada, ada.email, second)
  pass(7 * DAY)
  const { access_token: token } = (await postSignIn({ ...ada, email: second })).body
  await moveTo({ ...ada, token }, second, freshEmail())
  expect(said(await undoChange(undo))).toBe(SPENT)
})

it('a clock that is set back between two changes does not turn their links round', async () => {
  const ada = await signedInUser()
  const [second, third] = [freshEmail(), freshEmail()]
  const undo = await moveTo(ada, ada.email, second)
  vi.setSystemTime(Date.now() - 10 * MINUTE)
  const { access_token: token } = (await postSignIn({ ...ada, email: second })).body
  const later = await moveTo({ ...ada, token }, second, third)
  expect(said(await undoChange(undo))).toBe('200')
  expect(said(await undoChange(later))).toBe(SPENT)
  expect(await addressOf(ada)).toBe(ada.email)
  pass(10 * MINUTE + SECOND)
})

it('a link whose key of TOKEN_KEYS was replaced keeps its address from nobody', async () => {
  const ada = await signedInUser()
  const undo = await moveTo(ada, ada.email, freshEmail())
  const eve = { email: ada.email, password: PASSWORD, full_name: 'Eve Other' }
  expect(said(await post('/api/v1/auth/register', eve))).toBe('409 email_taken')
  const bytes = crypto.getRandomValues(new Uint8Array(32))
  const key = bytes.toBase64({ alphabet: 'base64url', omitPadding: true })
  const after = under({ TOKEN_KEYS: `new:${key}` })
  expect(said(await after.post('/api/v1/auth/undo-email-change', { token: undo }))).toBe(SPENT)
  expect(said(await after.post('/api/v1/auth/register', eve))).toBe('201')
})
