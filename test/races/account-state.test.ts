/** What two people do to one another, or one twice, in the same moment: many rounds of each. */
import { env } from 'cloudflare:workers'
import { describe, expect, test, vi } from 'vitest'
import { post, type Reply, said, send } from '../support/api'
import { mailsTo, mailTo, tokenIn } from '../support/mailbox'
import { onlyAdmins } from '../support/roles'
import {
  freshEmail,
  makeUser,
  PASSWORD,
  rowOf,
  type SignedInUser,
  signedInUser,
  staff,
} from '../support/users'
import { postSignIn, session } from '../support/users-by-api'

const ROUNDS = 4
vi.setConfig({ testTimeout: 20_000 })

const activeAdmins = async () => {
  const { results } = await env.DB.prepare(
    `SELECT users.id FROM users JOIN user_roles ON user_id = users.id JOIN roles ON roles.id = role_id
     WHERE roles.name = 'admin' AND status = 'active'`,
  ).all<{ id: number }>()
  return results.map(({ id }) => id)
}

describe('two admins, and nobody else', () => {
  const status = (who: SignedInUser, { id }: { id: number }) =>
    who.asks('PUT', `/admin/users/${id}/status`, { is_active: false })
  const demote = (who: SignedInUser, { id }: { id: number }) =>
    who.asks('DELETE', `/admin/users/${id}/roles/admin`)
  const remove = (who: SignedInUser, { id }: { id: number }) =>
    who.asks('DELETE', `/admin/users/${id}`)
  const leave = (who: SignedInUser) => who.asks('DELETE', '/users/account', { password: PASSWORD })
  type Way = (who: SignedInUser, target: SignedInUser) => Promise<Reply>

  const duels: [string, Way, Way][] = [
    ['demoting', demote, demote],
    ['deactivating', status, status],
    ['deleting', remove, remove],
    ['demoting and deleting', demote, remove],
    ['deactivating and demoting', status, demote],
  ]
  test.each(duels)('%s each other at once: exactly one stays', async (_, one, other) => {
    for (let round = 0; round < ROUNDS; round++) {
      const [ada, bob] = await Promise.all([staff('admin'), staff('admin')])
      await onlyAdmins(ada.id, bob.id)
      const replies = await Promise.all([one(ada, bob), other(bob, ada)])
      expect(
        replies.filter(({ status: s }) => s < 300),
        replies.map(said).join(),
      ).toHaveLength(1)
      expect(await activeAdmins()).toHaveLength(1)
    }
  })

  const exits: [string, Way, Way][] = [
    ['give up the role', (who) => demote(who, who), (who) => demote(who, who)],
    ['erase themselves', leave, leave],
    ['leave, one by erasure and one by deactivation', leave, (who) => status(who, who)],
    [
      'leave, one by deletion and one by demotion',
      (who) => remove(who, who),
      (who) => demote(who, who),
    ],
  ]
  test.each(exits)('%s at once: exactly one stays', async (_, one, other) => {
    for (let round = 0; round < ROUNDS; round++) {
      const [ada, bob] = await Promise.all([staff('admin'), staff('admin')])
      await onlyAdmins(ada.id, bob.id)
      const replies = await Promise.all([one(ada, bob), other(bob, ada)])
      expect(replies.filter(({ status: s }) => s < 300)).toHaveLength(1)
      expect(replies.map(said)).toContain('409 last_admin')
      expect(await activeAdmins()).toHaveLength(1)
    }
  })

  test('ten requests at once, half by each: exactly one stays', async () => {
    const [ada, bob] = [await staff('admin'), await staff('admin')]
    await onlyAdmins(ada.id, bob.id)
    const ways: Way[] = [demote, status, remove, demote, status]
    await Promise.all(ways.flatMap((way) => [way(ada, bob), way(bob, ada)]))
    expect(await activeAdmins()).toHaveLength(1)
  })
})

describe('taking a role against permission checks', () => {
  test('no request that begins after the answer succeeds on it', async () => {
    const root = await staff('admin')
    for (let round = 0; round < ROUNDS; round++) {
      const ada = await staff('admin')
      const asks = () => ada.asks('GET', '/admin/roles')
      let isTaken = false
      const late: Reply[] = []
      const asking = async () => {
        for (let i = 0; i < 15; i++) {
          const beganAfter = isTaken
          const reply = await asks()
          if (beganAfter) late.push(reply)
        }
      }
      const taking = root.asks('DELETE', `/admin/users/${ada.id}/roles/admin`).then((reply) => {
        isTaken = true
        return reply
      })
      await Promise.all([taking, asking(), asking(), asking()])
      late.push(await asks())
      expect(new Set(late.map(said))).toEqual(new Set(['403 forbidden']))
    }
  })

  test('nothing that was written with it came after it in the log', async () => {
    const root = await staff('admin')
    for (let round = 0; round < ROUNDS; round++) {
      const [ada, target] = [await staff('admin'), await makeUser()]
      const write = (i: number) =>
        ada.asks('PATCH', `/admin/users/${target.id}`, { full_name: `Name ${round} ${i}` })
      const replies = await Promise.all([
        ...[1, 2, 3].map(write),
        root.asks('DELETE', `/admin/users/${ada.id}/roles/admin`),
        ...[4, 5, 6].map(write),
      ])
      expect(said(await write(7))).toBe('403 forbidden')
      const done = replies.filter(({ status }) => status === 200)
      const { results } = await env.DB.prepare(
        "SELECT 1 FROM audit_log WHERE event = 'admin.user_edited' AND target_id = ?",
      )
        .bind(target.id)
        .all()
      expect(results).toHaveLength(done.length)
    }
  })

  test('given and taken in parallel, the object and D1 agree in the end', async () => {
    const root = await staff('admin')
    const ada = await staff()
    const path = `/admin/users/${ada.id}/roles`
    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        i % 2 === 0
          ? root.asks('POST', path, { role: 'moderator' })
          : root.asks('DELETE', `${path}/moderator`),
      ),
    )
    const { roles } = (await root.asks('GET', path)).body
    expect((await session(ada.token)).body.user.roles).toEqual(roles)
  })
})

test('one chunk imported twice in parallel makes each account once', async () => {
  const root = await staff('admin')
  for (let round = 0; round < ROUNDS; round++) {
    const mark = crypto.randomUUID().slice(0, 8)
    const body = Array.from({ length: 50 }, (_, i) =>
      JSON.stringify({ email: `line${i}-${mark}@example.com`, full_name: `Line ${i}` }),
    ).join('\n')
    const chunk = () =>
      send('/api/v1/admin/import', {
        method: 'POST',
        headers: { authorization: `Bearer ${root.token}`, 'content-type': 'application/x-ndjson' },
        body,
      })
    const replies = await Promise.all([chunk(), chunk(), chunk()])
    expect(replies.map(({ body: report }) => report.errors)).toEqual([[], [], []])
    expect(replies.map(({ body: report }) => report.imported).sort()).toEqual([0, 0, 50])
    const counted = await env.DB.prepare(
      `SELECT count(*) AS users, sum((SELECT count(*) FROM user_roles WHERE user_id = id)) AS roles
       FROM users WHERE email LIKE ?`,
    )
      .bind(`%-${mark}@example.com`)
      .first()
    expect(counted).toEqual({ users: 50, roles: 50 })
  }
})

test('an invitation is accepted once by fifty at once', async () => {
  const root = await staff('admin')
  const email = freshEmail()
  const { body } = await root.asks('POST', '/admin/users', { email, full_name: 'Eve Evans' })
  const token = tokenIn(await mailTo(email), '/accept-invitation')
  const passwords = Array.from({ length: 50 }, (_, i) => `Correct-Horse-${i}!`)
  const replies = await Promise.all(
    passwords.map((password) => post('/api/v1/auth/accept-invitation', { token, password })),
  )
  const winners = replies.flatMap(({ status }, i) => (status === 200 ? [i] : []))
  expect(winners).toHaveLength(1)
  expect(replies.filter((reply) => said(reply) === '400 invalid_token')).toHaveLength(49)
  const password = passwords[winners[0] ?? -1] ?? ''
  expect((await postSignIn({ id: body.id, email, password })).status).toBe(200)
  expect((await postSignIn({ id: body.id, email, password: `${password}x` })).status).toBe(401)
})

describe('deleting a user against', () => {
  test('sign-ins of the user: no session outlives the answer', async () => {
    const root = await staff('admin')
    for (let round = 0; round < ROUNDS; round++) {
      const ada = await makeUser()
      const [gone, ...signIns] = await Promise.all([
        root.asks('DELETE', `/admin/users/${ada.id}`),
        ...Array.from({ length: 6 }, () => postSignIn(ada)),
      ])
      expect(said(gone)).toBe('202')
      for (const reply of signIns) {
        if (reply.status === 200) expect((await session(reply.body.access_token)).status).toBe(401)
        else expect(reply.status, JSON.stringify(reply.body)).toBe(401)
      }
      expect(said(await postSignIn(ada))).toBe('401 invalid_credentials')
    }
  })

  test('itself: one event and one farewell, whoever asked how often', async () => {
    const [root, other] = [await staff('admin'), await staff('admin')]
    for (let round = 0; round < ROUNDS; round++) {
      const ada = await signedInUser()
      const replies = await Promise.all([
        root.asks('DELETE', `/admin/users/${ada.id}`),
        other.asks('DELETE', `/admin/users/${ada.id}`),
        ada.asks('DELETE', '/users/account', { password: PASSWORD }),
        ada.asks('DELETE', '/users/account', { password: PASSWORD }),
      ])
      const answers = new Set(replies.map(said))
      const allowed = ['202', '404 not_found', '401 invalid_access_token', '400 incorrect_password']
      expect([...answers].filter((answer) => !allowed.includes(answer))).toEqual([])
      expect(await rowOf(ada.id)).toBeNull()
      const { results } = await env.DB.prepare(
        "SELECT 1 FROM audit_log WHERE event = 'user.erased' AND target_id = ?",
      )
        .bind(ada.id)
        .all()
      expect(results).toHaveLength(1)
      await mailTo(ada.email)
      expect(mailsTo(ada.email)).toHaveLength(1)
    }
  })

  test('changes to the user: nothing of theirs is left', async () => {
    const root = await staff('admin')
    for (let round = 0; round < ROUNDS; round++) {
      const ada = await signedInUser()
      const path = `/admin/users/${ada.id}`
      const replies = await Promise.all([
        root.asks('POST', `${path}/roles`, { role: 'moderator' }),
        root.asks('POST', `${path}/send-password-reset`),
        root.asks('DELETE', path),
        root.asks('PATCH', path, { email: freshEmail() }),
        ada.asks('PATCH', '/users/profile', { bio: 'still here' }),
        ada.asks('POST', '/users/2fa/setup', { password: PASSWORD }),
      ])
      const faults = replies.filter(({ status }) => status >= 500)
      expect(faults.map(({ body }) => body)).toEqual([])
      expect(await rowOf(ada.id)).toBeNull()
      for (const table of ['user_roles', 'one_time_tokens']) {
        const row = await env.DB.prepare(`SELECT 1 FROM ${table} WHERE user_id = ?`)
          .bind(ada.id)
          .first()
        expect(row).toBeNull()
      }
    }
  })
})
