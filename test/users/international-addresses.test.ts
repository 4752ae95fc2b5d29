/** Local parts that are not ASCII: refused wherever an account gets an address, unless a setting allows them. */
import { describe, expect, it } from 'vitest'
import { rowsOf } from '../db/rows'
import { Visitor } from '../pages/visitor'
import { call, post } from '../support/api'
import { importChunk, lines } from '../support/chunk'
import { changeEmail } from '../support/credentials'
import { named } from '../support/named'
import { under } from '../support/under'
import { freshEmail, makeUser, PASSWORD, signedInUser, staff } from '../support/users'

const ODD = ['ü@example.com', 'josé@example.com', '\uff41da@example.com', 'почта@example.com']
const REFUSED = 'email unsupported_address'

describe('a local part that is not ASCII', () => {
  it('is refused at registration, together with whatever else is wrong', async () => {
    for (const email of ODD) {
      const body = { email, password: PASSWORD, full_name: 'A' }
      expect(named(await post('/api/v1/auth/register', body))).toEqual([
        REFUSED,
        'full_name too_short',
      ])
    }
    expect(await rowsOf("SELECT 1 FROM users WHERE full_name = 'A'")).toEqual([])
  })

  it('is refused as a new address, in an invitation and in an edit', async () => {
    const ada = await signedInUser()
    const admin = await staff('admin')
    const other = await makeUser()
    for (const email of ODD) {
      expect(named(await changeEmail(ada, email))).toEqual(['new_email unsupported_address'])
      const invited = await admin.asks('POST', '/admin/users', { email, full_name: 'Ada' })
      expect(named(invited)).toEqual([REFUSED])
      const edited = await admin.asks('PATCH', `/admin/users/${other.id}`, { email })
      expect(named(edited)).toEqual([REFUSED])
    }
  })

  it('is refused in a line of an import, and the other lines go in', async () => {
    const root = await staff('admin')
    const good = freshEmail()
    const { body } = await importChunk(
      root,
      lines({ email: 'ü@example.com', full_name: 'Ivy' }, { email: good, full_name: 'Ivy' }),
    )
    expect(body).toMatchObject({
      imported: 1,
      errors: [{ line: 1, path: 'email', code: 'unsupported_address' }],
    })
  })

  it('is refused on the pages, in words', async () => {
    const fields = { full_name: 'Ada', email: 'ü@example.com', password: PASSWORD }
    const shown = await new Visitor().post('/sign-up', fields)
    expect(shown.status).toBe(422)
    expect(shown.html).toContain('We can’t send email to this address')
  })

  it('is simply unknown at sign-in and where a mail is asked for', async () => {
    const signIn = await post('/api/v1/auth/login', {
      username: 'ü@example.com',
      password: PASSWORD,
    })
    expect([signIn.status, signIn.body.code]).toEqual([401, 'invalid_credentials'])
    for (const route of ['forgot-password', 'resend-verification']) {
      const reply = await post(`/api/v1/auth/${route}`, { email: 'ü@example.com' })
      expect(reply.status).toBe(202)
    }
  })

  it('of an account that has one already hinders no edit of anything else', async () => {
    const email = `ü${freshEmail()}`
    const old = await makeUser({ email })
    const admin = await staff('admin')
    const body = { email, full_name: 'New Name' }
    expect((await admin.asks('PATCH', `/admin/users/${old.id}`, body)).status).toBe(200)
  })

  it('is taken everywhere where ALLOW_INTERNATIONAL_LOCAL_PARTS is true', async () => {
    const { post: send } = under({ ALLOW_INTERNATIONAL_LOCAL_PARTS: 'true' })
    const email = `ü${freshEmail()}`
    const reply = await send('/api/v1/auth/register', {
      email,
      password: PASSWORD,
      full_name: 'Ada',
    })
    expect([reply.status, reply.body.email]).toEqual([201, email])
  })
})

it('an international domain is taken without the setting', async () => {
  const email = freshEmail().replace('example.com', 'bücher.example')
  const body = { email, password: PASSWORD, full_name: 'Ada' }
  const reply = await call('POST', '/api/v1/auth/register', body)
  expect([reply.status, reply.body.email]).toEqual([201, email.replace('bücher', 'xn--bcher-kva')])
})
