/** Registrations that nobody verified keep an address from nobody who shows that the mailbox is theirs. */
import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { outboxHandlers } from '../../src/background/outbox-handlers'
import { sweepOutbox } from '../../src/outbox/sweep'
import { purgeUnverified } from '../../src/registration/purge-unverified'
import { rowsOf } from '../db/rows'
import { post, said } from '../support/api'
import { importChunk, lines } from '../support/chunk'
import { DAY, MINUTE, pass, stopClock } from '../support/clock'
import { changeEmail, changeToken, verifyChange, profileOf, sendAll } from '../support/credentials'
import { depsFor } from '../support/deps'
import { allMails, mailTo, tokenIn } from '../support/mailbox'
import { leftOf, NOTHING_LEFT, squatter } from '../support/squatter'
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

const deactivate = async (root: SignedInUser, { id }: { id: number }) => {
  const reply = await root.asks('PUT', `/admin/users/${id}/status`, { is_active: false })
  expect(reply.status).toBe(200)
}

describe('a registration that nobody verified and an admin has deactivated', () => {
  const vouch: [string, (root: SignedInUser, email: string) => Promise<unknown>][] = [
    [
      'an invitation',
      async (root, email) => {
        const user = { email, full_name: 'Eve Evans' }
        return (await root.asks('POST', '/admin/users', user)).status
      },
    ],
    [
      'an import',
      async (root, email) =>
        (await importChunk(root, lines({ email, full_name: 'Eve Evans' }))).body.imported,
    ],
    [
      'an address that an admin sets',
      async (root, email) => {
        const { id } = await makeUser()
        return (await root.asks('PATCH', `/admin/users/${id}`, { email })).status
      },
    ],
  ]
  it.each(vouch)('gives way to %s', async (name, by) => {
    const root = await staff('admin')
    const stranger = await squatter()
    await deactivate(root, stranger)
    expect(await by(root, stranger.email)).toBe(
      { 'an invitation': 201, 'an import': 1 }[name] ?? 200,
    )
    await sendAll()
    expect(await leftOf(stranger)).toEqual(NOTHING_LEFT)
    const [row] = await rowsOf('SELECT deactivated_at FROM users WHERE email = ?', stranger.email)
    expect(row).toEqual({ deactivated_at: null })
  })

  it('keeps its address from another registration and from a user who moves', async () => {
    const root = await staff('admin')
    const ada = await signedInUser()
    const stranger = await registerByApi()
    await mailTo(stranger.email)
    const token = await changeToken(ada, stranger.email)
    await deactivate(root, stranger)
    expect(said(await verifyChange(token, { by: ada.token }))).toBe('409 email_taken')
    const again = { email: stranger.email, password: PASSWORD, full_name: 'Eve Other' }
    expect(said(await post('/api/v1/auth/register', again))).toBe('409 email_taken')
    const before = allMails().length
    expect((await changeEmail(ada, stranger.email)).status).toBe(202)
    await sendAll()
    expect(allMails()).toHaveLength(before)
  })

  it('leaves a month after it was deactivated', async () => {
    const root = await staff('admin')
    const [stranger, owner] = [await registerByApi(), await signedInUser()]
    pass(20 * DAY)
    const again = await staff('admin')
    for (const each of [stranger, owner]) await deactivate(again, each)
    const [row] = await rowsOf('SELECT subject FROM users WHERE id = ?', stranger.id)
    const there = async ({ id }: { id: number }) =>
      (await rowsOf('SELECT 1 FROM users WHERE id = ?', id)).length
    const after = (days: number) => purgeUnverified(depsFor({ now: Date.now() + days * DAY }))
    await after(29)
    expect(await there(stranger)).toBe(1)
    expect((await after(31)).accounts).toBeGreaterThanOrEqual(1)
    expect([await there(stranger), await there(owner), await there(root)]).toEqual([0, 1, 1])
    expect(
      await rowsOf(
        'SELECT event FROM audit_log WHERE target_id = ? ORDER BY id DESC LIMIT 1',
        stranger.id,
      ),
    ).toEqual([{ event: 'user.expired' }])
    // The deactivation made the user's object, which learns that the user is gone.
    expect(
      await rowsOf('SELECT kind FROM outbox WHERE subject = ?', String(row?.['subject'])),
    ).toEqual([{ kind: 'sync-authority' }])
  })
})

describe('an address that a stranger has registered and nobody verified', () => {
  it.each(['before', 'since'])('%s, is had by who proves the mailbox', async (when) => {
    const ada = await signedInUser()
    const address = freshEmail()
    const registered = when === 'before' ? await squatter(address) : undefined
    const token = await changeToken(ada, address)
    const stranger = registered ?? (await squatter(address))
    expect(said(await verifyChange(token, { by: ada.token }))).toBe('200')
    await sendAll()
    expect(await leftOf(stranger)).toEqual(NOTHING_LEFT)
    expect(await profileOf(ada)).toMatchObject({ id: ada.id, email: address })
    const events = await rowsOf(
      "SELECT event, actor_id FROM audit_log WHERE target_id = ? AND event <> 'user.registered'",
      stranger.id,
    )
    expect(events).toContainEqual({ event: 'user.registration_declined', actor_id: ada.id })
  })
})

describe('a registration that staff have given a role', () => {
  const withRole = async () => {
    const root = await staff('admin')
    const email = freshEmail()
    const { id } = await registerByApi(email)
    const decline = tokenIn(await mailTo(email), '/decline-registration')
    const granted = await root.asks('POST', `/admin/users/${id}/roles`, { role: 'moderator' })
    expect(granted.status).toBe(200)
    const [row] = await rowsOf<{ subject: string }>('SELECT subject FROM users WHERE id = ?', id)
    return { id, decline, subject: row?.subject ?? '' }
  }
  const heldFor = async ({ id, subject }: { id: number; subject: string }) => {
    expect(await rowsOf('SELECT 1 FROM users WHERE id = ?', id)).toEqual([])
    await sweepOutbox(depsFor({ now: Date.now() + MINUTE }), outboxHandlers)
    const object = env.USER_SESSIONS.getByName(subject)
    return runInDurableObject(object, (_, { storage }) => JSON.stringify([...dump(storage.sql)]))
  }
  /** Every row of the object's own tables. */
  function* dump(sql: SqlStorage) {
    const tables = sql.exec<{ name: string }>(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite%'",
    )
    for (const { name } of tables.toArray())
      yield [name, sql.exec(`SELECT * FROM "${name}"`).toArray()]
  }

  it.each([
    [
      'declined',
      async ({ decline }: { decline: string }) => {
        expect((await post('/api/v1/auth/decline-registration', { token: decline })).status).toBe(
          200,
        )
      },
    ],
    [
      'purged',
      async () => {
        await purgeUnverified(depsFor({ now: Date.now() + 40 * DAY }))
      },
    ],
  ])('leaves no role in the object once it is %s', async (_, remove) => {
    const made = await withRole()
    await remove(made)
    const held = await heldFor(made)
    expect(held).not.toContain(made.subject)
    expect(held).not.toContain('roleIds')
  })
})
