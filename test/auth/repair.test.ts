/** A stolen account that an admin repairs: no link from before takes it back. */
import { beforeAll, describe, expect, it } from 'vitest'
import { rowsOf } from '../db/rows'
import { post } from '../support/api'
import { pass, SECOND, stopClock } from '../support/clock'
import {
  changeToken,
  confirmChange,
  INVALID_TOKEN,
  mailedToken,
  moveTo,
  NEW_PASSWORD,
  reset,
  undoChange,
} from '../support/credentials'
import { freshEmail, login, PASSWORD, type SignedInPerson } from '../support/people'
import { signedInMember } from '../support/members'
import { said } from '../support/second-factor'
import { type Staff, staff } from '../support/staff'

stopClock()

let root: Staff
beforeAll(async () => {
  root = await staff('admin')
})

const admin = (method: string, { id }: { id: number }, path = '', body?: object) =>
  root.asks(method, `/admin/users/${id}${path}`, body)
const addressOf = async ({ id }: { id: number }) =>
  (await rowsOf('SELECT email FROM users WHERE id = ?', id))[0]?.['email']

/** A thief with the session and the password moves the address twice; both links that undo it are out. */
async function stolen(): Promise<{ ada: SignedInPerson; undos: string[] }> {
  const ada = await signedInMember()
  const [second, third] = [freshEmail(), freshEmail()]
  const first = await moveTo(ada, ada.email, second)
  pass(SECOND)
  return { ada, undos: [first, await moveTo(ada, second, third)] }
}

describe('an address that an admin has set', () => {
  it('stays, whatever was mailed before: the reset alone decides', async () => {
    const { ada, undos } = await stolen()
    const pending = await changeToken(ada, freshEmail())
    const fresh = freshEmail()
    expect((await admin('PATCH', ada, '', { email: fresh })).status).toBe(200)
    expect((await admin('DELETE', ada, '/sessions')).status).toBe(204)
    expect((await admin('POST', ada, '/send-password-reset')).status).toBe(200)
    for (const undo of undos.toReversed()) {
      expect(said(await undoChange(undo))).toEqual(INVALID_TOKEN)
    }
    expect(said(await confirmChange(pending))).toEqual(INVALID_TOKEN)
    expect(await addressOf(ada)).toBe(fresh)
    const link = await mailedToken(fresh, '/reset-password')
    expect(said(await reset(link))).toEqual([200])
    expect((await login({ ...ada, email: fresh, password: NEW_PASSWORD })).status).toBe(200)
  })

  it('sets free the addresses that the undo links kept', async () => {
    const { ada } = await stolen()
    await admin('PATCH', ada, '', { email: freshEmail() })
    const account = { email: ada.email, password: PASSWORD, full_name: 'Ada Lovelace' }
    expect((await post('/api/v1/auth/register', account)).status).toBe(201)
  })

  it('stays when an undo comes at the same moment', async () => {
    for (let round = 0; round < 3; round++) {
      const { ada, undos } = await stolen()
      const fresh = freshEmail()
      const [edited] = await Promise.all([
        admin('PATCH', ada, '', { email: fresh }),
        ...undos.map((undo) => undoChange(undo)),
      ])
      expect(edited.status).toBe(200)
      expect(await addressOf(ada)).toBe(fresh)
      // An undo that came first has voided the password: then there is a link to choose one, there.
      const left = await rowsOf(
        "SELECT 1 FROM one_time_tokens WHERE user_id = ? AND NOT (purpose = 'reset_password' AND email = ?)",
        ada.id,
        fresh,
      )
      expect(left).toEqual([])
    }
  })
})

describe('a deactivated account', () => {
  it('is moved by no link, and by none from before once it is active again', async () => {
    const { ada, undos } = await stolen()
    const before = await addressOf(ada)
    expect((await admin('PUT', ada, '/status', { is_active: false })).status).toBe(200)
    for (const undo of undos) expect(said(await undoChange(undo))).toEqual(INVALID_TOKEN)
    expect((await admin('PUT', ada, '/status', { is_active: true })).status).toBe(200)
    for (const undo of undos) expect(said(await undoChange(undo))).toEqual(INVALID_TOKEN)
    expect(await addressOf(ada)).toBe(before)
  })
})

describe('without an admin', () => {
  it('the first owner has the last word, also after the thief has undone the later change', async () => {
    const { ada, undos } = await stolen()
    const [first = '', second = ''] = undos
    expect(said(await undoChange(second))).toEqual([200])
    expect(said(await undoChange(first))).toEqual([200])
    expect(await addressOf(ada)).toBe(ada.email)
  })

  it('undoing the first change ends the link of the second', async () => {
    const { ada, undos } = await stolen()
    const [first = '', second = ''] = undos
    expect(said(await undoChange(first))).toEqual([200])
    expect(said(await undoChange(second))).toEqual(INVALID_TOKEN)
    expect(await addressOf(ada)).toBe(ada.email)
  })
})
