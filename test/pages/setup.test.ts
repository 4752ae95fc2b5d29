import { describe, expect, it } from 'vitest'
import { freshEmail, PASSWORD } from '../support/people'
import { fetchWith } from '../support/worker'
import { signIn, Visitor } from './visitor'

describe('/setup', () => {
  it('makes the first admin once, and is not there afterwards, nor without a token', async () => {
    expect(
      (await fetchWith({ SETUP_TOKEN: undefined }, '/setup', { headers: { accept: 'text/html' } }))
        .status,
    ).toBe(404)
    const visitor = new Visitor()
    expect((await visitor.open('/')).to).toBe('/setup')
    const admin = { full_name: 'Root', email: freshEmail(), password: PASSWORD }
    const wrong = await visitor.post('/setup', { ...admin, token: 'wrong' })
    expect(wrong.status).toBe(403)
    expect(wrong.html).toContain('id="f-token-error"')
    expect((await visitor.post('/setup', { ...admin, token: 'test-9f2c61d07be84a35' })).to).toBe(
      '/sign-in',
    )
    expect((await visitor.open('/setup')).status).toBe(404)
    expect((await visitor.open('/')).to).toBe('/sign-in')
    await signIn(visitor, admin)
    expect((await visitor.open('/account')).html).toContain('href="/admin"')
  })
})
