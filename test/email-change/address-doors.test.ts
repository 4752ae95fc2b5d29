/**
 * Doors that take an address or use a mailed link, in literal tables: what each says to every kind of
 * account that may stand there. A door that is in no table fails this test.
 */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, test } from 'vitest'
import { rowsOf } from '../db/rows'
import { call, post, type Reply, said } from '../support/api'
import { importChunk, lines } from '../support/chunk'
import { changeEmail, deactivate, forgot, reset, sendAll } from '../support/credentials'
import { FULL_NAME, setUp, taking } from '../support/doors'
import { mailsTo } from '../support/mailbox'
import { mintToken } from '../support/mint-token'
import { loseWakeUps } from '../support/outbox'
import {
  freshEmail,
  makeUser,
  signedInUser,
  type SignedInUser,
  staff,
  type User,
} from '../support/users'

let root: SignedInUser
let ada: SignedInUser
beforeAll(async () => {
  loseWakeUps()
  root = await staff('admin')
  ada = await staff()
})

const A = '/api/v1/auth'

/** Accounts, and an address without one, as a door for addresses may find them. */
const STATES = {
  free: async () => ({ id: 0, email: freshEmail() }),
  active: () => makeUser(),
  deactivated: () => makeUser({ status: 'deactivated' }),
  registered: () => makeUser({ status: 'pending' }),
  invited: async () => {
    const { body } = await root.asks('POST', '/admin/users', { email: freshEmail(), ...FULL_NAME })
    return { id: body.id as number, email: body.email as string }
  },
  imported: async () => {
    const email = freshEmail()
    await importChunk(root, lines({ email, ...FULL_NAME }))
    const [row] = await rowsOf<{ id: number }>('SELECT id FROM users WHERE email_key = ?', email)
    return { id: row?.id ?? 0, email }
  },
  kept: async () => {
    const email = freshEmail()
    await env.DB.prepare(
      `INSERT INTO one_time_tokens (hash, purpose, user_id, email, reserved_key, key_id, created_at, expires_at)
       VALUES (substr(hex(randomblob(30)), 1, 43), 'undo_email_change', ?1, ?2, ?2, 'test1', 0, ?3)`,
    )
      .bind(ada.id, email, Date.now() + 60_000)
      .run()
    return { id: 0, email }
  },
  /** A registration that nobody verified, and that an admin has deactivated. */
  refused: async () => {
    const person = await makeUser({ status: 'pending' })
    await deactivate(person.id)
    return person
  },
}
type State = keyof typeof STATES
const EACH_STATE = Object.keys(STATES) as State[]

describe('a route that takes an address', () => {
  test('is one of these', () => {
    expect(taking('email', 'new_email', 'username')).toEqual(
      [...Object.keys(TAKES), `POST ${A}/login`].filter((name) => !name.endsWith('/import')).sort(),
    )
  })

  const ok = (reply: Reply) => (reply.status < 300 ? 'made' : String(reply.body.code))
  /** The mails that a public door sends: their number, as its answer tells nothing. */
  const mailed = async (email: string, ask: () => Promise<Reply>) => {
    await sendAll()
    const before = mailsTo(email).length
    const { status } = await ask()
    await sendAll()
    return `${status}, ${mailsTo(email).length - before}`
  }
  const TAKES: Record<string, (email: string) => Promise<string>> = {
    [`POST ${A}/register`]: async (email) =>
      ok(await post(`${A}/register`, { email, password: 'Battery-Staple-8', ...FULL_NAME })),
    'POST /api/v1/setup': async (email) => ok(await setUp(root, email, 'Battery-Staple-8')),
    'POST /api/v1/admin/users': async (email) =>
      ok(await root.asks('POST', '/admin/users', { email, ...FULL_NAME })),
    'POST /api/v1/admin/import': async (email) => {
      const { body } = await importChunk(root, lines({ email, ...FULL_NAME }))
      return body.imported === 1 ? 'made' : body.skipped_lines[0].code
    },
    'PATCH /api/v1/admin/users/{id}': async (email) =>
      ok(await root.asks('PATCH', `/admin/users/${(await makeUser()).id}`, { email })),
    'POST /api/v1/users/change-email': async (email) => {
      const member = await signedInUser()
      return mailed(email, () => changeEmail(member, email))
    },
    [`POST ${A}/forgot-password`]: (email) => mailed(email, () => forgot(email)),
    [`POST ${A}/resend-verification`]: (email) =>
      mailed(email, () => post(`${A}/resend-verification`, { email })),
  }

  const [MADE, TAKEN, NO_MAIL, MAIL] = ['made', 'email_taken', '202, 0', '202, 1']
  /** In the order of the states: free, active, deactivated, registered, invited, imported, kept, refused. */
  const ANSWERS: Record<string, string[]> = {
    [`POST ${A}/register`]: [MADE, TAKEN, TAKEN, TAKEN, TAKEN, TAKEN, TAKEN, TAKEN],
    'POST /api/v1/setup': [MADE, TAKEN, TAKEN, MADE, MADE, MADE, TAKEN, MADE],
    'POST /api/v1/admin/users': [MADE, TAKEN, TAKEN, MADE, TAKEN, TAKEN, TAKEN, MADE],
    'POST /api/v1/admin/import': [MADE, TAKEN, TAKEN, MADE, TAKEN, TAKEN, 'address_kept', MADE],
    'PATCH /api/v1/admin/users/{id}': [MADE, TAKEN, TAKEN, MADE, TAKEN, TAKEN, TAKEN, MADE],
    'POST /api/v1/users/change-email': [
      MAIL,
      NO_MAIL,
      NO_MAIL,
      MAIL,
      NO_MAIL,
      NO_MAIL,
      NO_MAIL,
      NO_MAIL,
    ],
    [`POST ${A}/forgot-password`]: [NO_MAIL, MAIL, NO_MAIL, MAIL, NO_MAIL, MAIL, NO_MAIL, NO_MAIL],
    [`POST ${A}/resend-verification`]: [
      NO_MAIL,
      NO_MAIL,
      NO_MAIL,
      MAIL,
      NO_MAIL,
      NO_MAIL,
      NO_MAIL,
      NO_MAIL,
    ],
  }
  test.each(Object.entries(TAKES))('%s: by what stands at the address', async (name, take) => {
    const answers: string[] = []
    for (const state of EACH_STATE) answers.push(await take((await STATES[state]()).email))
    expect(answers).toEqual(ANSWERS[name])
  })

  test.each(Object.keys(TAKES))(
    '%s: takes one that is none for a fault of the field',
    async (name) => {
      const [method = '', path = ''] = name.split(' ')
      const field = path.endsWith('change-email') ? 'new_email' : 'email'
      const by = path.endsWith('change-email') ? ada : root
      for (const email of [
        '',
        'x',
        'a@b',
        'a@b.c@d.e',
        'a\u200b@example.com',
        `${'a'.repeat(65)}@example.com`,
      ]) {
        if (path.endsWith('/import')) {
          const { body } = await importChunk(root, lines({ email, ...FULL_NAME }))
          expect(body.errors, email).toMatchObject([{ path: 'email', code: 'invalid_email' }])
          continue
        }
        const body = { [field]: email }
        const reply = await call(method, path.replace('{id}', String(ada.id)), body, by)
        expect(reply.status, email).toBe(422)
        expect(reply.body.errors, email).toContainEqual({
          path: field,
          code: 'invalid_email',
          message: expect.any(String),
        })
      }
    },
  )
})

describe('a mailed link', () => {
  test('is used by one of these', () => {
    expect(taking('token').filter((name) => !/setup|introspect|oauth/.test(name))).toEqual(
      [
        ...Object.keys(USES),
        // A signed token, with nothing stored: test/trusted-devices/pages.test.ts, test/passkeys/.
        `POST ${A}/undo-sign-in-method`,
        // By the state of the account: test/one-time-tokens/links-and-verbs.test.ts.
        `POST ${A}/confirm-email-change`,
        `POST ${A}/decline-email-change`,
        `POST ${A}/undo-email-change`,
      ].sort(),
    )
  })

  const password = 'Battery-Staple-8'
  const USES: Record<string, (id: number) => Promise<Reply>> = {
    [`POST ${A}/verify-email`]: async (id) =>
      post(`${A}/verify-email`, { token: await mintToken(id, 'verify_email') }),
    [`POST ${A}/decline-registration`]: async (id) =>
      post(`${A}/decline-registration`, { token: await mintToken(id, 'decline_registration') }),
    [`POST ${A}/accept-invitation`]: async (id) =>
      post(`${A}/accept-invitation`, { token: await mintToken(id, 'accept_invitation'), password }),
    // Of the link that invites or verifies, whichever the account may have.
    [`POST ${A}/passkey/options-by-link`]: async (id) => {
      const replies = []
      for (const purpose of ['accept_invitation', 'verify_email'] as const) {
        const token = await mintToken(id, purpose)
        replies.push(await post(`${A}/passkey/options-by-link`, { purpose, token }))
      }
      return replies.find(({ status }) => status === 200) ?? (replies[0] as Reply)
    },
    [`POST ${A}/reset-password`]: async (id) =>
      reset(await mintToken(id, 'reset_password'), password),
  }
  const [YES, NO] = ['200', '400 invalid_token']
  const ANSWERS: Record<string, Partial<Record<State, string>>> = {
    [`POST ${A}/verify-email`]: { active: NO, deactivated: NO, registered: YES },
    [`POST ${A}/decline-registration`]: { active: NO, deactivated: NO, registered: YES },
    [`POST ${A}/accept-invitation`]: { active: NO, deactivated: NO, invited: YES, imported: YES },
    [`POST ${A}/passkey/options-by-link`]: {
      active: NO,
      deactivated: NO,
      registered: YES,
      invited: YES,
      imported: YES,
    },
    [`POST ${A}/reset-password`]: {
      active: YES,
      deactivated: NO,
      registered: YES,
      invited: NO,
      imported: YES,
    },
  }
  test.each(Object.entries(USES))('%s: by the state of the account', async (name, use) => {
    const answers: Record<string, string> = {}
    for (const state of Object.keys(ANSWERS[name] ?? {}) as State[]) {
      const { id }: Pick<User, 'id'> = await STATES[state]()
      answers[state] = said(await use(id))
    }
    expect(answers).toEqual(ANSWERS[name])
  })
})
