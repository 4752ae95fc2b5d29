/**
 * Everything that sends a mail with links stores a token for each of them: the consumer leaves out a link
 * without one and says nothing. A new sender fails here until it is written down.
 */
import { beforeAll, describe, expect, it, test, vi } from 'vitest'
import { type MailName, TOKENS_OF } from '../../src/mail/messages'
import { post } from '../support/api'
import { importChunk, lines } from '../support/chunk'
import { stopClock } from '../support/clock'
import {
  changeEmail,
  verifyChange,
  changeToken,
  forgot,
  moveTo,
  sendAll,
  undoChange,
} from '../support/credentials'
import { mailsTo } from '../support/mailbox'
import { under } from '../support/under'
import {
  freshEmail,
  makeUser,
  PASSWORD,
  signedInUser,
  type SignedInUser,
  staff,
} from '../support/users'
import { registerByApi } from '../support/users-by-api'

stopClock()

let root: SignedInUser
beforeAll(async () => {
  root = await staff('admin')
})

interface Sender {
  readonly by: string
  readonly mail: MailName
  /** Has the mail sent; returns where to. */
  readonly send: () => Promise<string>
}

const asked = (method: string, { id }: { id: number }, path: string, body?: object) =>
  root.asks(method, `/admin/users/${id}${path}`, body)
const invited = async () => {
  const email = freshEmail()
  const { body } = await root.asks('POST', '/admin/users', { email, full_name: 'Ada Lovelace' })
  return { id: Number(body.id), email }
}

const SENDERS: Readonly<Record<string, readonly Sender[]>> = {
  'registration/register.ts': [
    {
      by: 'a registration',
      mail: 'verify-email',
      send: async () => (await registerByApi()).email,
    },
  ],
  'registration/resend-verification.ts': [
    {
      by: 'anyone who asks for it again',
      mail: 'verify-email',
      send: async () => {
        const { email } = await registerByApi()
        await sendAll()
        await post('/api/v1/auth/resend-verification', { email })
        return email
      },
    },
    {
      by: 'a right password where the existence of accounts is hidden',
      mail: 'verify-email',
      send: async () => {
        const { email } = await registerByApi()
        await sendAll()
        const before = mailsTo(email).length
        const hidden = under({ HIDE_ACCOUNT_EXISTENCE: 'true' })
        await hidden.post('/api/v1/auth/login', { username: email, password: PASSWORD })
        await vi.waitFor(async () => {
          await sendAll()
          expect(mailsTo(email).length).toBeGreaterThan(before)
        })
        return email
      },
    },
  ],
  'credentials/request-password-reset.ts': [
    {
      by: 'anyone who asks for it',
      mail: 'reset-password',
      send: async () => {
        const { email } = await makeUser()
        await forgot(email)
        return email
      },
    },
  ],
  'email-change/request-email-change.ts': [
    {
      by: 'a change of address',
      mail: 'confirm-email-change',
      send: async () => {
        const email = freshEmail()
        await changeEmail(await signedInUser(), email)
        return email
      },
    },
  ],
  'email-change/verify-email-change.ts': [
    {
      by: 'its verification',
      mail: 'email-changed',
      send: async () => {
        const ada = await signedInUser()
        await verifyChange(await changeToken(ada, freshEmail()), { by: ada.token })
        return ada.email
      },
    },
  ],
  'email-change/undo-email-change.ts': [
    {
      by: 'its undoing',
      mail: 'reset-password',
      send: async () => {
        const ada = await signedInUser()
        await undoChange(await moveTo(ada, ada.email, freshEmail()))
        return ada.email
      },
    },
  ],
  'registration/invite-user.ts': [
    { by: 'an invitation', mail: 'accept-invitation', send: async () => (await invited()).email },
  ],
  'user-admin/user-actions.ts': [
    {
      by: 'an admin who mails the verification again',
      mail: 'verify-email',
      send: async () => {
        const ada = await registerByApi()
        await sendAll()
        await asked('POST', ada, '/resend-verification')
        return ada.email
      },
    },
    {
      by: 'an admin who mails the invitation again',
      mail: 'accept-invitation',
      send: async () => {
        const ada = await invited()
        await sendAll()
        await asked('POST', ada, '/resend-verification')
        return ada.email
      },
    },
    {
      by: 'an admin who mails a reset',
      mail: 'reset-password',
      send: async () => {
        const ada = await makeUser()
        await asked('POST', ada, '/send-password-reset')
        return ada.email
      },
    },
  ],
  'user-admin/set-status.ts': [
    {
      by: 'an admin who vouches',
      mail: 'reset-password',
      send: async () => {
        const ada = await registerByApi()
        await sendAll()
        await asked('PUT', ada, '/status', { is_active: true })
        return ada.email
      },
    },
  ],
  'user-admin/set-address.ts': [
    {
      by: 'an admin who sets an address',
      mail: 'reset-password',
      send: async () => {
        const email = freshEmail()
        await asked('PATCH', await registerByApi(), '', { email })
        return email
      },
    },
  ],
}

describe.each(Object.entries(SENDERS))('%s', (_, senders) => {
  it.each(senders)('$mail, by $by: every link', async ({ mail, send }) => {
    const to = await send()
    await sendAll()
    const paths = mailsTo(to)
      .map(({ text }) => [...text.matchAll(/\/([a-z-]+)\?token=/g)].map(([, path]) => path))
      .filter((links) => links.length > 0)
    const links = TOKENS_OF[mail]?.map((purpose) => purpose.replaceAll('_', '-'))
    expect(paths.at(-1)).toEqual(links)
  })
})

test('the table has every file that sends such a mail, and every such mail', () => {
  const files = import.meta.glob<string>('../../src/**/*.{ts,tsx}', {
    query: '?raw',
    import: 'default',
    eager: true,
  })
  const found = Object.entries(files).flatMap(([path, text]) =>
    /(?<!const )\btokenMail\(/.test(text) ? [path.replace('../../src/', '')] : [],
  )
  const sending = found.filter((path) => path !== 'mail/messages.ts')
  expect(Object.keys(SENDERS).sort()).toEqual(sending.sort())
  const mails = new Set(Object.values(SENDERS).flatMap((each) => each.map(({ mail }) => mail)))
  expect([...mails].sort()).toEqual(Object.keys(TOKENS_OF).sort())
})

test('nobody registered an imported account, so the mail to verify it offers no decline', async () => {
  const email = freshEmail()
  const hashed_password = await (await import('bcryptjs')).hash(PASSWORD, 4)
  const line = { email, full_name: 'Ada Lovelace', hashed_password, email_verified: false }
  await importChunk(root, lines(line))
  await post('/api/v1/auth/resend-verification', { email })
  await sendAll()
  expect(mailsTo(email).map(({ text }) => text.match(/\/[a-z-]+\?token=/g))).toEqual([
    ['/verify-email?token='],
  ])
})
