import { env } from 'cloudflare:workers'
import { eq, sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { commitAndSync } from '../../src/sessions/account-state'
import { signIn } from '../../src/sign-in/password-step'
import { users } from '../../src/tables/users'
import { post } from '../support/api'
import { depsFor } from '../support/deps'
import { mailsTo, mailTo, tokenIn } from '../support/mailbox'
import { freshEmail, makeUser, PASSWORD } from '../support/users'
import { postSignIn, registerByApi, session } from '../support/users-by-api'
import { wrapEnv } from '../support/wrapped-env'

test('fifty parallel registrations of one address, in every case, make one account and one mail', async () => {
  const email = freshEmail()
  const variants = [email, email.toUpperCase(), `  ${email} `, email.replace('example', 'EXAMPLE')]
  const replies = await Promise.all(
    Array.from({ length: 50 }, (_, i) =>
      post('/api/v1/auth/register', {
        email: variants[i % variants.length],
        password: PASSWORD,
        full_name: 'Ada Lovelace',
      }),
    ),
  )
  const statuses = replies.map((reply) => reply.status).sort()
  expect(statuses).toEqual([201, ...Array.from({ length: 49 }, () => 409)])
  expect(
    new Set(replies.filter((reply) => reply.status === 409).map((reply) => reply.body.code)),
  ).toEqual(new Set(['email_taken']))
  await mailTo(email)
  const counts = await env.DB.prepare(
    `SELECT (SELECT count(*) FROM users WHERE email_key = ?1) AS users,
      (SELECT count(*) FROM user_roles r JOIN users u ON u.id = r.user_id WHERE u.email_key = ?1) AS roles,
      (SELECT count(*) FROM one_time_tokens WHERE email = ?1) AS tokens`,
  )
    .bind(email)
    .first()
  expect(counts).toEqual({ users: 1, roles: 1, tokens: 2 })
  expect(mailsTo(email)).toHaveLength(1)
})

test('a mailed token used fifty times in parallel works once', async () => {
  const ada = await registerByApi()
  const token = tokenIn(await mailTo(ada.email), '/verify-email')
  const replies = await Promise.all(
    Array.from({ length: 50 }, () => post('/api/v1/auth/verify-email', { token })),
  )
  expect(replies.filter((reply) => reply.status === 200)).toHaveLength(1)
  expect(replies.filter((reply) => reply.body.code === 'invalid_token')).toHaveLength(49)
  const events = await env.DB.prepare(
    "SELECT count(*) AS n FROM audit_log WHERE event = 'user.email_verified' AND target_id = ?",
  )
    .bind(ada.id)
    .first()
  expect(events).toEqual({ n: 1 })
})

test('verifying races declining: exactly one of them happens', async () => {
  for (let round = 0; round < 5; round++) {
    const ada = await registerByApi()
    const mail = await mailTo(ada.email)
    const [verified, declined] = await Promise.all([
      post('/api/v1/auth/verify-email', { token: tokenIn(mail, '/verify-email') }),
      post('/api/v1/auth/decline-registration', { token: tokenIn(mail, '/decline-registration') }),
    ])
    expect([verified.status, declined.status].sort()).toEqual([200, 400])
    expect((await postSignIn(ada)).status).toBe(verified.status === 200 ? 200 : 401)
  }
})

const block = async (id: number) => {
  const deps = depsFor()
  const subject = await env.DB.prepare('SELECT subject FROM users WHERE id = ?')
    .bind(id)
    .first<string>('subject')
  await commitAndSync(deps, String(subject), {
    change: [
      deps.db
        .update(users)
        .set({
          deactivatedAt: deps.now,
          authVersion: sql`auth_version + 1`,
          credentialVersion: sql`credential_version + 1`,
        })
        .where(eq(users.id, id)),
    ],
    audit: [],
  })
}

test('a sign-in that is checked before a block and opens its session after it gets none', async () => {
  const ada = await makeUser()
  const racing = wrapEnv(env, async (call, go) => {
    if (call.name === 'USER_SESSIONS.openSession') await block(ada.id)
    return go()
  })
  const attempt = signIn(depsFor({ env: racing }), {
    username: ada.email,
    password: PASSWORD,
    rememberMe: false,
  })
  await expect(attempt).rejects.toMatchObject({ code: 'account_not_active' })
})

test('a sign-in that opens its session before a block loses it by the block', async () => {
  const ada = await makeUser()
  const racing = wrapEnv(env, async (call, go) => {
    const result = await go()
    if (call.name === 'USER_SESSIONS.openSession') await block(ada.id)
    return result
  })
  const attempt = await signIn(depsFor({ env: racing }), {
    username: ada.email,
    password: PASSWORD,
    rememberMe: false,
  })
  if (!('access_token' in attempt)) throw new Error('no second factor is on')
  expect((await session(attempt.access_token)).status).toBe(401)
})

test('concurrent sign-ins and a block leave no usable session', async () => {
  const ada = await makeUser()
  const signIns = Array.from({ length: 10 }, () => postSignIn(ada))
  const [, ...replies] = await Promise.all([block(ada.id), ...signIns])
  for (const reply of replies) {
    if (reply.status !== 200) continue
    expect((await session(reply.body.access_token)).status).toBe(401)
  }
})
