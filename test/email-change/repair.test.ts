/** A stolen account that an admin repairs: no link from before takes it back. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { rowsOf } from '../db/rows'
import { post, said } from '../support/api'
import { pass, SECOND, stopClock } from '../support/clock'
import {
  changeToken,
  verifyChange,
  INVALID_TOKEN,
  mailedToken,
  moveTo,
  NEW_PASSWORD,
  reset,
  undoChange,
} from '../support/credentials'
import { under } from '../support/under'
import {
  freshEmail,
  makeUser,
  PASSWORD,
  signedInUser,
  type SignedInUser,
  staff,
} from '../support/users'
import { postSignIn } from '../support/users-by-api'
import { wrapEnv } from '../support/wrapped-env'

stopClock()

let root: SignedInUser
beforeAll(async () => {
  root = await staff('admin')
})

const admin = (method: string, { id }: { id: number }, path = '', body?: object) =>
  root.asks(method, `/admin/users/${id}${path}`, body)
const addressOf = async ({ id }: { id: number }) =>
  (await rowsOf('SELECT email FROM users WHERE id = ?', id))[0]?.['email']

/** A thief with the session and the password moves the address twice; both links that undo it are out. */
async function stolen(): Promise<{ ada: SignedInUser; undos: string[] }> {
  const ada = await signedInUser()
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
      expect(said(await undoChange(undo))).toBe(INVALID_TOKEN)
    }
    expect(said(await verifyChange(pending))).toBe(INVALID_TOKEN)
    expect(await addressOf(ada)).toBe(fresh)
    const link = await mailedToken(fresh, '/reset-password')
    expect(said(await reset(link))).toBe('200')
    expect((await postSignIn({ ...ada, email: fresh, password: NEW_PASSWORD })).status).toBe(200)
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
    for (const undo of undos) expect(said(await undoChange(undo))).toBe(INVALID_TOKEN)
    expect((await admin('PUT', ada, '/status', { is_active: true })).status).toBe(200)
    for (const undo of undos) expect(said(await undoChange(undo))).toBe(INVALID_TOKEN)
    expect(await addressOf(ada)).toBe(before)
  })
})

describe('without an admin', () => {
  it('the first owner has the last word, also after the thief has undone the later change', async () => {
    const { ada, undos } = await stolen()
    const [first = '', second = ''] = undos
    expect(said(await undoChange(second))).toBe('200')
    expect(said(await undoChange(first))).toBe('200')
    expect(await addressOf(ada)).toBe(ada.email)
  })

  it('undoing the first change revokes the link of the second', async () => {
    const { ada, undos } = await stolen()
    const [first = '', second = ''] = undos
    expect(said(await undoChange(first))).toBe('200')
    expect(said(await undoChange(second))).toBe(INVALID_TOKEN)
    expect(await addressOf(ada)).toBe(ada.email)
  })
})

describe('the address that the account has already, set by an admin', () => {
  const edits = async ({ id }: { id: number }) =>
    (
      await rowsOf(
        "SELECT event, data FROM audit_log WHERE target_id = ? AND event GLOB 'admin.user_*' ORDER BY id",
        id,
      )
    ).map(({ event, data }) => `${event} ${data}`)

  it('revokes an attacker’s links, once, and is logged as an edit', async () => {
    const { ada, undos } = await stolen()
    const email = await addressOf(ada)
    for (let n = 0; n < 2; n++) {
      expect((await admin('PATCH', ada, '', { email })).status).toBe(200)
      pass(SECOND)
    }
    for (const undo of undos) expect(said(await undoChange(undo))).toBe(INVALID_TOKEN)
    expect(await edits(ada)).toEqual([
      'admin.user_edited {"fields":["email"]}',
      'admin.user_viewed {}',
    ])
  })

  it('does so beside another field, which is changed with or without a link', async () => {
    const { ada, undos } = await stolen()
    const email = await addressOf(ada)
    for (const full_name of ['Ada King', 'Ada Byron']) {
      const { body } = await admin('PATCH', ada, '', { email, full_name })
      expect(body).toMatchObject({ email, full_name })
      pass(SECOND)
    }
    for (const undo of undos) expect(said(await undoChange(undo))).toBe(INVALID_TOKEN)
    expect(await edits(ada)).toEqual([
      'admin.user_edited {"fields":["full_name","email"]}',
      'admin.user_edited {"fields":["full_name"]}',
    ])
  })

  it('is refused for one’s own account, because a stolen session could revoke the owner’s links', async () => {
    const me = await staff('admin')
    const undo = await moveTo(me, me.email, freshEmail())
    const refused = await me.asks('PATCH', `/admin/users/${me.id}`, { email: await addressOf(me) })
    expect([refused.status, refused.body.code]).toEqual([403, 'forbidden'])
    expect(said(await undoChange(undo))).toBe('200')
  })

  it('leaves the link to choose a password that it has mailed when it is asked for twice', async () => {
    const { id, email } = await makeUser({ status: 'pending' })
    const fresh = freshEmail()
    for (const _ of ['once', 'twice']) {
      expect((await admin('PATCH', { id }, '', { email: fresh })).status).toBe(200)
    }
    expect((await reset(await mailedToken(fresh, '/reset-password'))).status).toBe(200)
    expect((await postSignIn({ id, email: fresh, password: NEW_PASSWORD })).status).toBe(200)
    expect((await postSignIn({ id, email, password: PASSWORD })).status).toBe(401)
  })

  it('is set, when the account is moved in this very moment', async () => {
    const ada = await signedInUser()
    const other = freshEmail()
    const token = await changeToken(ada, other)
    let batches = 0
    const overtaken = wrapEnv(env, async ({ name }, go) => {
      if (name === 'DB.batch' && batches++ === 0) {
        expect(said(await verifyChange(token, { by: ada.token }))).toBe('200')
      }
      return go()
    })
    const { body } = await under({ ...overtaken }).patch(
      `/api/v1/admin/users/${ada.id}`,
      { email: ada.email },
      root.token,
    )
    expect(body.email).toBe(ada.email)
    expect(await addressOf(ada)).toBe(ada.email)
  })
})
