/**
 * Doors that set a password, and the rules, in literal tables: what each rule says at each of them. A
 * door that is in no table fails this test.
 */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, test } from 'vitest'
import { rowsOf } from '../db/rows'
import { post, type Reply, said } from '../support/api'
import { changePassword, reset, sendAll } from '../support/credentials'
import { FULL_NAME, setUp, taking } from '../support/doors'
import { mailsTo } from '../support/mailbox'
import { mintToken } from '../support/mint-token'
import { loseWakeUps } from '../support/outbox'
import {
  eventsAbout,
  freshEmail,
  makeUser,
  PASSWORD,
  rowOf,
  signedInUser,
  type SignedInUser,
  staff,
} from '../support/users'
import { postSignIn } from '../support/users-by-api'

let root: SignedInUser
beforeAll(async () => {
  loseWakeUps()
  root = await staff('admin')
})

const A = '/api/v1/auth'

/** Somebody at a door that sets a password: how a text is tried there, and whose account it is. */
interface Door {
  readonly field: 'password' | 'new_password'
  readonly enter: () => Promise<{
    id?: number
    email: string
    try: (text: string) => Promise<Reply>
  }>
}

const SETS: Record<string, Door> = {
  [`POST ${A}/register`]: {
    field: 'password',
    enter: async () => {
      const email = freshEmail()
      return { email, try: (password) => post(`${A}/register`, { email, password, ...FULL_NAME }) }
    },
  },
  [`POST ${A}/accept-invitation`]: {
    field: 'password',
    enter: async () => {
      const email = freshEmail()
      const { id } = (await root.asks('POST', '/admin/users', { email, ...FULL_NAME })).body
      const token = await mintToken(id, 'accept_invitation')
      return { id, email, try: (password) => post(`${A}/accept-invitation`, { token, password }) }
    },
  },
  [`POST ${A}/reset-password`]: {
    field: 'new_password',
    enter: async () => {
      const { id, email } = await makeUser({ fullName: 'Zebedee Quux' })
      const token = await mintToken(id, 'reset_password')
      return { id, email, try: (text) => reset(token, text) }
    },
  },
  'POST /api/v1/users/change-password': {
    field: 'new_password',
    enter: async () => {
      const member = await signedInUser()
      await env.DB.prepare("UPDATE users SET full_name = 'Zebedee Quux' WHERE id = ?")
        .bind(member.id)
        .run()
      return { ...member, try: (next) => changePassword(member, { next }) }
    },
  },
  'POST /api/v1/setup': {
    field: 'password',
    enter: async () => {
      const email = freshEmail()
      return { email, try: (password) => setUp(root, email, password) }
    },
  },
}
const DOORS = Object.entries(SETS)

describe('a route that takes a password', () => {
  test('is one of these', () => {
    expect(taking('password', 'new_password', 'current_password')).toEqual(
      [
        ...Object.keys(SETS),
        // They ask for the current one, within one budget: test/credentials/change-password.test.ts.
        `POST ${A}/login`,
        `POST ${A}/step-up`,
        'POST /api/v1/users/2fa/disable',
        'POST /api/v1/users/2fa/recovery-codes',
        'POST /api/v1/users/2fa/setup',
        'POST /api/v1/users/change-email',
        'DELETE /api/v1/users/account',
        `POST ${A}/confirm-email-change`,
        // And what makes something that outlives a session: test/step-up/routes.test.ts.
        'POST /api/v1/admin/apps',
        'PATCH /api/v1/admin/apps/{client_id}',
        'POST /api/v1/admin/apps/{client_id}/rotate-secret',
        'POST /api/v1/admin/resources',
        'PATCH /api/v1/admin/resources/{id}',
        'POST /api/v1/admin/resources/{id}/rotate-secret',
        'POST /api/v1/admin/api-keys',
        'POST /api/v1/admin/webhooks',
        'PATCH /api/v1/admin/webhooks/{id}',
        'POST /api/v1/admin/webhooks/{id}/rotate-secret',
      ].sort(),
    )
  })

  test('stores it by one function; only a rehash hashes beside it', () => {
    const files = import.meta.glob<string>('../../src/**/*.{ts,tsx}', {
      query: '?raw',
      import: 'default',
      eager: true,
    })
    const having = (text: RegExp) =>
      Object.entries(files)
        .filter(([, source]) => text.test(source))
        .map(([path]) => path.replace('../../src/', ''))
        .sort()
    expect(having(/await newPassword\(/)).toEqual([
      'credentials/change-password.ts',
      'credentials/reset-password.ts',
      'registration/accept-invitation.ts',
      'registration/register.ts',
      'registration/set-up-admin.ts',
    ])
    expect(having(/[^\w]hashPassword\(/)).toEqual([
      'credentials/new-password.ts',
      'credentials/verify-password.ts',
      'crypto/password-hash.ts',
    ])
  })

  /** A password that breaks a rule, from the address of the account; and how the rule is named. */
  const RULES: [string, (email: string) => string, string[]][] = [
    ['is not empty', () => '', ['too_short']],
    ['is long enough', () => 'Aa1!aaa', ['too_short']],
    ['is not longer than 256', () => `Aa1!${'xy'.repeat(127)}`, ['too_long']],
    ['has an upper-case letter', () => 'battery-staple-8', ['no_uppercase']],
    ['has a lower-case letter', () => 'BATTERY-STAPLE-8', ['no_lowercase']],
    ['has a digit', () => 'Battery-Staple-X', ['no_digit']],
    ['has a special character', () => 'BatteryStaple8', ['no_special']],
    ['is not common', () => 'Password1!', ['too_common']],
    ['is not the product', () => 'Gatehouse1!', ['too_common']],
    ['is not the address', (email) => `A1!${email.split('@')[0]}`, ['contains_email']],
    ['is not the name', () => 'Zebedee-77!', ['contains_name']],
    ['is not broken Unicode', () => 'Battery-\ud800-Staple-8', ['malformed']],
    ['has no control character', () => 'Battery-\u0007-Staple-8', ['malformed']],
  ]
  test.each(DOORS)(
    '%s: refuses what breaks a rule, by its name, and takes what does not',
    async (_, door) => {
      const { field, enter } = door
      const { email, try: attempt } = await enter()
      for (const [rule, text, codes] of RULES) {
        const reply = await attempt(text(email))
        const found = (reply.body.errors ?? []).map(
          (each: { path: string; code: string }) => `${each.path} ${each.code}`,
        )
        const expected = codes.map((code) => `${field} password_${code}`)
        if (reply.status !== 422) throw new Error(`${rule}: ${reply.status}`)
        expect(found, rule).toEqual(expect.arrayContaining(expected))
      }
      expect((await attempt('Battery-Staple-8')).status).toBeLessThan(300)
    },
  )

  /** What else each of them does: the current password, sessions, links, the mail, the log, locks. */
  const AFTER: Record<string, { same: string; event: string; mails: string[] }> = {
    [`POST ${A}/accept-invitation`]: { same: 'none', event: 'user.invitation_accepted', mails: [] },
    [`POST ${A}/reset-password`]: {
      same: 'refused',
      event: 'user.password_reset',
      mails: ['Your password at Gatehouse was changed'],
    },
    'POST /api/v1/users/change-password': {
      same: 'refused',
      event: 'user.password_changed',
      mails: ['Your password at Gatehouse was changed'],
    },
  }
  test.each(Object.entries(AFTER))(
    '%s: replaces a password with everything that hangs on it',
    async (name, after) => {
      const door = SETS[name]
      if (!door) throw new Error(name)
      const { id = 0, email, try: attempt } = await door.enter()
      const other = await mintToken(id, 'reset_password')
      const mails = mailsTo(email).length
      if (after.same === 'refused') {
        expect((await attempt(PASSWORD)).body.errors).toMatchObject([
          { code: 'password_unchanged' },
        ])
      }
      const [before] = [await rowOf(id)]
      expect((await attempt('Battery-Staple-8')).status).toBe(200)
      const row = await rowOf(id)
      expect(Number(row?.['credential_version'])).toBe(Number(before?.['credential_version']) + 1)
      expect(Number(row?.['password_expires_at'])).toBeGreaterThan(Date.now())
      expect(said(await reset(other, 'Third-Horse-9'))).toBe('400 invalid_token')
      expect(await rowsOf('SELECT 1 FROM one_time_tokens WHERE user_id = ?', id)).toEqual([])
      expect(await eventsAbout(id)).toContain(after.event)
      await sendAll()
      expect(
        mailsTo(email)
          .slice(mails)
          .map(({ subject }) => subject),
      ).toEqual(expect.arrayContaining(after.mails))
      expect((await postSignIn({ id, email, password: 'Battery-Staple-8' })).status).toBe(200)
    },
  )
})
