/** Mails that tell a user what happened to their account: each can be switched off, none has a secret. */
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { NOTIFICATIONS, type NotificationName } from '../src/notifications'
import { rowsOf } from './db/rows'
import { type CallOptions, post } from './support/api'
import { SoftwareAuthenticator } from './support/authenticator'
import { MINUTE, pass, stopClock } from './support/clock'
import { changeToken, NEW_PASSWORD, resetToken, sendAll } from './support/credentials'
import { mailsTo } from './support/mailbox'
import { created, deviceBound, signInByPasskey, userWithPasskey } from './support/passkeys'
import { deliver, eventsOf, holdEvents, watchQueues } from './support/queues'
import {
  challengeOf,
  failTwenty,
  freshCode,
  ok,
  type UserWithSecondFactor,
  userWithSecondFactor,
  verify,
} from './support/second-factor'
import { codeAt, wrongCode } from './support/totp'
import { under } from './support/under'
import { freshEmail, PASSWORD, signedInUser, type SignedInUser, staff } from './support/users'
import { postSignIn } from './support/users-by-api'
import { signInWith, trustBrowser } from './trusted-devices/devices'

stopClock()
watchQueues()
beforeAll(holdEvents)

const FIREFOX = (version: number) =>
  `Mozilla/5.0 (X11; Linux x86_64; rv:${version}.0) Gecko/20100101 Firefox/${version}.0`
const SAFARI =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15'
const by = (agent: string): CallOptions => ({ headers: { 'user-agent': agent } })

type Api = ReturnType<typeof under>
const subjectOf = async ({ id }: { id: number }): Promise<string> =>
  String((await rowsOf('SELECT subject FROM users WHERE id = ?', id))[0]?.['subject'])

/** An admin who does something that they are told of. */
async function byAdmin(act: (admin: SignedInUser) => Promise<void>): Promise<SignedInUser> {
  const admin = await staff('admin')
  await act(admin)
  return admin
}

const PASSKEYS = '/api/v1/users/passkeys'
const HOOK = {
  url: 'https://hooks.example.com/secret-path',
  events: ['setup.admin_created'],
  password: PASSWORD,
}

/** The page that an email leads to, where it has a link. */
const LINKS: Partial<Record<NotificationName, string>> = {
  'browser-trusted': '/undo-sign-in-method',
  'passkey-added': '/undo-sign-in-method',
  'email-changed': '/undo-email-change',
  'api-key-created': '/account/sessions',
  'webhook-created': '/account/sessions',
  'webhook-changed': '/account/sessions',
  'admin-rights-given': '/account/sessions',
}

/** Their link undoes what happened, in place of the advice to reset the password. */
const UNDOES: readonly NotificationName[] = ['email-changed', 'browser-trusted', 'passkey-added']

/** What causes each email; returns the user who gets it, with their secrets if there are more than usual. */
const CAUSES: Record<
  NotificationName,
  [subject: string, cause: (api: Api) => Promise<SignedInUser>]
> = {
  'password-changed': [
    'Your password at Gatehouse was changed',
    async (api) => {
      const ada = await signedInUser()
      const token = await resetToken(ada.email)
      await eventsOf(await subjectOf(ada))
      ok(await api.post('/api/v1/auth/reset-password', { token, new_password: NEW_PASSWORD }))
      return ada
    },
  ],
  'two-factor-on': [
    'Two-factor authentication was turned on at Gatehouse',
    async (api) => {
      const ada = await signedInUser()
      const setUp = { password: PASSWORD }
      const { secret } = ok(await api.post('/api/v1/users/2fa/setup', setUp, ada.token)).body
      const code = await freshCode({ secret })
      ok(await api.post('/api/v1/users/2fa/enable', { code }, ada.token))
      return ada
    },
  ],
  'two-factor-off': [
    'Two-factor authentication was turned off at Gatehouse',
    async (api) => {
      const ada = await userWithSecondFactor()
      const off = { password: PASSWORD, code: await freshCode(ada) }
      ok(await api.post('/api/v1/users/2fa/disable', off, ada.token))
      return ada
    },
  ],
  'two-factor-reset': [
    'Two-factor authentication was reset at Gatehouse',
    async (api) => {
      const [ada, admin] = [await userWithSecondFactor(), await staff('admin')]
      ok(await api.post(`/api/v1/admin/users/${ada.id}/reset-2fa`, undefined, admin.token))
      return ada
    },
  ],
  'recovery-code-used': [
    'A recovery code was used at Gatehouse',
    async (api) => {
      const ada = await userWithSecondFactor()
      const [recovery_code] = ada.recoveryCodes
      const challenge_token = await challengeOf(ada)
      ok(await api.post('/api/v1/auth/2fa/verify', { challenge_token, recovery_code }))
      return ada
    },
  ],
  'recovery-codes-renewed': [
    'New recovery codes at Gatehouse',
    async (api) => {
      const ada = await userWithSecondFactor()
      const proof = { code: await freshCode(ada) }
      ok(await api.post('/api/v1/users/2fa/recovery-codes', proof, ada.token))
      return ada
    },
  ],
  'email-changed': [
    'Your email address at Gatehouse was changed',
    async (api) => {
      const ada = await signedInUser()
      const token = await changeToken(ada, freshEmail())
      ok(await api.post('/api/v1/auth/confirm-email-change', { token }, ada.token))
      return ada
    },
  ],
  'email-change-declined': [
    'Your email address change at Gatehouse was declined',
    async (api) => {
      const ada = await signedInUser()
      const token = await changeToken(ada, freshEmail())
      ok(await api.post('/api/v1/auth/decline-email-change', { token }))
      return ada
    },
  ],
  'new-device': [
    'New sign-in to Gatehouse',
    async () => {
      const ada = await signedInUser()
      ok(await postSignIn(ada, {}, by(SAFARI)))
      return ada
    },
  ],
  'wrong-second-factor': [
    'Someone has your password for Gatehouse',
    async () => {
      const ada = await userWithSecondFactor()
      await verify(await challengeOf(ada), { code: await wrongCode(ada.secret) })
      return ada
    },
  ],
  'password-blocked': [
    'Choose a new password for Gatehouse',
    async () => {
      const ada = await userWithSecondFactor()
      await failTwenty(ada)
      return ada
    },
  ],
  'refresh-reused': [
    'A session at Gatehouse was ended',
    async () => {
      const ada = await signedInUser({ remember_me: true })
      const refresh = (refresh_token: unknown) => post('/api/v1/auth/refresh', { refresh_token })
      ok(await refresh(ada.refreshToken))
      pass(2 * MINUTE)
      expect((await refresh(ada.refreshToken)).status).toBe(401)
      return ada
    },
  ],
  'browser-trusted': [
    'A browser is now trusted at Gatehouse',
    async () => {
      const ada = await userWithSecondFactor()
      await trustBrowser(ada)
      return ada
    },
  ],
  'browser-trust-reused': [
    'A browser is no longer trusted at Gatehouse',
    async () => {
      const ada = await userWithSecondFactor()
      const token = await trustBrowser(ada)
      ok(await signInWith(ada, token))
      pass(2 * MINUTE)
      ok(await signInWith(ada, token))
      return ada
    },
  ],
  'passkey-added': [
    'A passkey was added at Gatehouse',
    async (api) => {
      const ada = await signedInUser()
      ok(await api.post(PASSKEYS, await created(ada, new SoftwareAuthenticator()), ada.token))
      return ada
    },
  ],
  'passkey-removed': [
    'A passkey was removed at Gatehouse',
    async (api) => {
      const ada = await userWithPasskey()
      ok(await api.del(`${PASSKEYS}/${ada.passkeyId}`, ada.token))
      return ada
    },
  ],
  'passkey-copied': [
    'Please check a passkey at Gatehouse',
    async () => {
      const ada = await userWithPasskey({}, deviceBound())
      const copy = ada.authenticator.clone()
      ok(await signInByPasskey(ada.authenticator))
      expect((await signInByPasskey(copy)).status).toBe(401)
      return ada
    },
  ],
  'api-key-created': [
    'An API key was created at Gatehouse',
    (api) =>
      byAdmin(async ({ token }) => {
        const key = { name: 'Billing', permissions: ['read:all'], password: PASSWORD }
        ok(await api.post('/api/v1/admin/api-keys', key, token))
      }),
  ],
  'webhook-created': [
    'A webhook was created at Gatehouse',
    (api) =>
      byAdmin(async ({ token }) => {
        ok(await api.post('/api/v1/admin/webhooks', HOOK, token))
      }),
  ],
  'webhook-changed': [
    'A webhook was changed at Gatehouse',
    (api) =>
      byAdmin(async ({ token }) => {
        const { id } = ok(await api.post('/api/v1/admin/webhooks', HOOK, token)).body
        const proof = { password: PASSWORD }
        ok(await api.post(`/api/v1/admin/webhooks/${id}/rotate-secret`, proof, token))
      }),
  ],
  'admin-rights-given': [
    'Administrator rights were granted at Gatehouse',
    (api) =>
      byAdmin(async ({ token }) => {
        const { id } = await signedInUser()
        ok(await api.post(`/api/v1/admin/users/${id}/roles`, { role: 'admin' }, token))
      }),
  ],
}

/** The mails to a user with that subject, once everything they are to be told has been sent. */
async function told(who: SignedInUser, subject: string, settings: Record<string, string> = {}) {
  await deliver(await eventsOf(await subjectOf(who)), settings)
  await sendAll()
  return mailsTo(who.email).filter((mail) => mail.subject === subject)
}

/** Tells of what somebody else did, whose device and country are not the user's to know. */
const OF_OTHERS: readonly NotificationName[] = ['email-change-declined']

describe.each(NOTIFICATIONS)('the email %s', (name) => {
  const [subject, cause] = CAUSES[name]

  it('is one mail, that holds no secret and says when and where the user did it', async () => {
    const ada: SignedInUser & Partial<UserWithSecondFactor> = await cause(under({}))
    const mails = await told(ada, subject)
    expect(mails).toHaveLength(1)
    const { text = '', html = '' } = mails[0] ?? {}
    const isOfOthers = OF_OTHERS.includes(name)
    if (isOfOthers) expect(text).not.toMatch(/Time:|Device:|Country:/)
    else expect(text).toMatch(/Time: \d{4}-\d\d-\d\d \d\d:\d\d \(UTC\)\. Device: .*\. Country: /)
    const links = [...text.matchAll(/https?:\/\/\S+/g)].map(([link]) => new URL(link).pathname)
    expect(links).toEqual(LINKS[name] === undefined ? [] : [LINKS[name]])
    expect(text).not.toContain('secret-path')
    if (isOfOthers) expect(text).toContain('change your password and check your sessions')
    else if (!UNDOES.includes(name))
      expect(text).toContain('If this wasn’t you, reset your password')
    const codes = ada.secret ? [ada.secret, await codeAt(ada.secret)] : []
    const secrets = [PASSWORD, NEW_PASSWORD, ada.token, ada.sessionId, ada.refreshToken]
    for (const secret of [...secrets, ...codes, ...(ada.recoveryCodes ?? [])]) {
      if (secret) expect(text + html).not.toContain(secret)
    }
  })

  it('is switched off by MAILS_OFF, and by nothing else there', async () => {
    const off = { MAILS_OFF: name }
    const silent = await cause(under(off))
    expect(await told(silent, subject, off)).toEqual([])
    const others = { MAILS_OFF: NOTIFICATIONS.filter((other) => other !== name).join() }
    const loud = await cause(under(others))
    expect(await told(loud, subject, others)).toHaveLength(1)
  })
})

describe('a sign-in', () => {
  const [subject] = CAUSES['new-device']
  let ada: SignedInUser
  beforeEach(async () => {
    ada = await signedInUser()
  })

  it('on the first device of all is no news, on another it is, on that one again it is not', async () => {
    expect(await told(ada, subject)).toEqual([])
    ok(await postSignIn(ada, {}, by(FIREFOX(140))))
    const [mail, ...more] = await told(ada, subject)
    expect(more).toEqual([])
    expect(mail?.text).toContain('Device: Firefox on Linux.')
    ok(await postSignIn(ada, {}, by(FIREFOX(140))))
    expect(await told(ada, subject)).toHaveLength(1)
  })

  it('of the same browser after its update is no news', async () => {
    for (const version of [140, 141, 150]) ok(await postSignIn(ada, {}, by(FIREFOX(version))))
    expect(await told(ada, subject)).toHaveLength(1)
    ok(await postSignIn(ada, {}, by(SAFARI)))
    expect(await told(ada, subject)).toHaveLength(2)
  })

  it('is sent once, though its event is delivered again, before the email is sent and after', async () => {
    ok(await postSignIn(ada, {}, by(SAFARI)))
    const events = await eventsOf(await subjectOf(ada))
    await deliver([...events, ...events])
    await deliver(events)
    expect(await told(ada, subject)).toHaveLength(1)
    await deliver(events)
    expect(await told(ada, subject)).toHaveLength(1)
  })

  it('with a wrong password is told to nobody', async () => {
    const before = mailsTo(ada.email).length
    for (let n = 0; n < 5; n++)
      await postSignIn({ ...ada, password: 'Wrong-Horse-7' }, {}, by(SAFARI))
    await told(ada, subject)
    expect(mailsTo(ada.email)).toHaveLength(before)
  })
})

describe('a wrong second factor', () => {
  const [subject] = CAUSES['wrong-second-factor']

  it('is told once for each challenge, also when all of its tries come at once', async () => {
    const ada = await userWithSecondFactor()
    const code = await wrongCode(ada.secret)
    for (const count of [1, 2]) {
      const challenge = await challengeOf(ada)
      await Promise.all(Array.from({ length: 5 }, () => verify(challenge, { code })))
      expect(await told(ada, subject)).toHaveLength(count)
    }
  })

  it('is also a code that was used before, shown again with a right password', async () => {
    const ada = await userWithSecondFactor()
    const code = await freshCode(ada)
    ok(await verify(await challengeOf(ada), { code }))
    expect(await told(ada, subject)).toEqual([])
    expect((await verify(await challengeOf(ada), { code })).status).toBe(401)
    expect(await told(ada, subject)).toHaveLength(1)
  })

  it('of a challenge that does not stand is told to nobody', async () => {
    const ada = await userWithSecondFactor()
    const challenge = await challengeOf(ada)
    pass(6 * MINUTE)
    await verify(challenge, { code: await wrongCode(ada.secret) })
    expect(await told(ada, subject)).toEqual([])
  })
})
