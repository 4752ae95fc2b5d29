/** The setup page when its administrator cannot be signed in: the account is made all the same. */
import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { freshEmail, PASSWORD } from '../../support/users'
import { consoleLines, fetchWith } from '../../support/worker'
import { Visitor } from '../visitor'

it('sends an administrator who could not be signed in to the sign-in page', async () => {
  const lines = consoleLines()
  const admin = { full_name: 'Root', email: freshEmail(), password: PASSWORD }
  const broken = {
    getByName: () => {
      throw new Error('unreachable')
    },
  }
  const reply = await fetchWith({ USER_SESSIONS: broken }, '/setup', {
    method: 'POST',
    redirect: 'manual',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'sec-fetch-site': 'same-origin',
    },
    body: new URLSearchParams({ ...admin, token: 'test-9f2c61d07be84a35' }).toString(),
  })
  expect([reply.status, reply.headers.get('location')]).toEqual([303, '/sign-in'])
  expect(lines.join('\n')).toContain('set_up_not_signed_in')
  const made = await env.DB.prepare('SELECT status FROM users WHERE email = ?')
    .bind(admin.email)
    .first('status')
  expect(made).toBe('active')
  const visitor = new Visitor()
  expect((await visitor.post('/sign-in', admin)).status).toBe(422)
  const { email, password } = admin
  expect((await visitor.post('/sign-in', { email, password })).to).toBe('/welcome')
})
