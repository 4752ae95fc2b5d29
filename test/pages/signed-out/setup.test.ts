import { describe, expect, it } from 'vitest'
import { freshEmail, PASSWORD } from '../../support/users'
import { fetchWith } from '../../support/worker'
import { Visitor } from '../visitor'

describe('/setup', () => {
  it('makes the first admin once, opens the console, and says afterwards that it is done', async () => {
    const asPage = { headers: { accept: 'text/html' } }
    const closed = await fetchWith({ SETUP_TOKEN: undefined }, '/setup', asPage)
    expect(closed.status).toBe(404)
    expect(closed.body).toContain('Setup isn’t available')
    const visitor = new Visitor()
    expect((await visitor.open('/')).to).toBe('/setup')
    const admin = { full_name: 'Root', email: freshEmail(), password: PASSWORD }
    const wrong = await visitor.post('/setup', { ...admin, token: 'wrong' })
    expect(wrong.status).toBe(403)
    expect(wrong.html).toContain('id="f-token-error"')
    const token = 'test-9f2c61d07be84a35'
    const weak = await visitor.post('/setup', { ...admin, token, password: 'short' })
    expect(weak.status).toBe(422)
    expect(weak.html).toMatch(new RegExp(`<input[^>]*name="token"[^>]*value="${token}"`))
    expect(weak.html).not.toContain('value="short"')
    expect((await visitor.post('/setup', { ...admin, token })).to).toBe('/admin')
    expect((await visitor.open('/admin')).status).toBe(200)

    const later = new Visitor()
    const again = await later.open('/setup')
    expect(again.status).toBe(404)
    expect(again.html).toContain('Setup is complete')
    const posted = await later.post('/setup', { ...admin, email: freshEmail(), token })
    expect(posted.status).toBe(404)
    expect(posted.html).toContain('Setup is complete')
    expect((await later.open('/')).to).toBe('/sign-in')
    const body = await fetchWith({ SETUP_TOKEN: undefined }, '/setup', asPage)
    expect(body.body).toContain('Setup is complete')
  })
})
