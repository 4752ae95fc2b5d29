import { expect, test } from 'vitest'
import { call, get, post } from './support/api'
import { mailTo, tokenIn } from './support/mailbox'
import { freshEmail, PASSWORD } from './support/users'
import { postSignIn, session } from './support/users-by-api'

test('the whole journey: register, verify, sign in, edit, refresh, sign out, and the token is dead', async () => {
  const email = freshEmail()
  const registered = await post('/api/v1/auth/register', {
    email,
    password: PASSWORD,
    full_name: 'Ada Lovelace',
  })
  expect(registered.status, JSON.stringify(registered.body)).toBe(201)
  expect(registered.body).toMatchObject({
    email,
    status: 'pending',
    is_active: false,
    is_admin: false,
    roles: ['user'],
    preferences: {},
  })

  const tooEarly = await postSignIn({ id: 0, email, password: PASSWORD })
  expect([tooEarly.status, tooEarly.body.code]).toEqual([401, 'account_not_active'])

  const token = tokenIn(await mailTo(email), '/verify-email')
  const verified = await post('/api/v1/auth/verify-email', { token })
  expect(verified.body).toEqual({ message: 'Email verified successfully' })
  expect((await post('/api/v1/auth/verify-email', { token })).status).toBe(400)

  const signedIn = await postSignIn({ id: 0, email, password: PASSWORD }, { remember_me: true })
  expect(signedIn.status, JSON.stringify(signedIn.body)).toBe(200)
  expect(signedIn.body).toMatchObject({ token_type: 'bearer', expires_in: 3600, restricted: null })
  const access = signedIn.body.access_token
  expect(await session(access)).toMatchObject({
    status: 200,
    body: {
      session: { id: signedIn.body.session_id, remember_me: true },
      user: { roles: ['user'], permissions: ['read:own', 'write:own'] },
    },
  })

  const edited = await call('PUT', '/api/v1/users/profile', { bio: 'Engines' }, { token: access })
  expect(edited.body).toMatchObject({ bio: 'Engines', full_name: 'Ada Lovelace' })
  expect((await get('/api/v1/users/profile', { token: access })).body.bio).toBe('Engines')

  const refreshed = await post('/api/v1/auth/refresh', {
    refresh_token: signedIn.body.refresh_token,
  })
  expect(refreshed.status, JSON.stringify(refreshed.body)).toBe(200)
  expect(refreshed.body.session_id).toBe(signedIn.body.session_id)

  const out = await post('/api/v1/auth/logout', undefined, { token: refreshed.body.access_token })
  expect(out.status).toBe(204)
  expect((await session(access)).status).toBe(401)
  expect((await session(refreshed.body.access_token)).status).toBe(401)
  const dead = await post('/api/v1/auth/refresh', { refresh_token: refreshed.body.refresh_token })
  expect(dead.body.code).toBe('invalid_refresh_token')
})
