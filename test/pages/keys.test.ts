/** API keys and webhooks on the pages that show sessions, and the boxes that revoke keys along with them. */
import { beforeAll, describe, expect, test } from 'vitest'
import { rowsOf } from '../db/rows'
import { makeKey } from '../support/api-keys'
import { stopClock } from '../support/clock'
import { makeUser, PASSWORD, signIn, staff } from '../support/users'
import { alertOf, flashOf, makeStaffRoles, type Visit, visitor } from './admin/site'

stopClock()

let root: Visit
beforeAll(async () => {
  await makeStaffRoles()
  root = await visitor('admin')
})

const BOX = 'name="keys" value="true"'
const works = async (key: Awaited<ReturnType<typeof makeKey>>) =>
  (await key.asks('GET', '/admin/users')).status === 200
const make = (who: Visit['who'], name = 'Billing & more') => makeKey(who, ['admin:users'], { name })

async function press(by: Visit, path: string, fields?: Record<string, string>) {
  const shown = await by.follow(await by.submit(path, fields))
  return flashOf(shown)
}

describe('one’s own sessions', () => {
  test('show the keys and webhooks, and revoke one key', async () => {
    const ada = await visitor('admin')
    const key = await make(ada.who)
    const hook = { url: 'https://hooks.example.com/secret', events: null, password: PASSWORD }
    await ada.who.asks('POST', '/admin/webhooks', hook)
    const { body } = await ada.open('/account/sessions')
    expect(body).toContain('<strong>Billing &amp; more</strong>')
    expect(body).toContain('admin:users')
    expect(body).toContain('<strong>hooks.example.com</strong>')
    expect(body).not.toContain('/secret')
    await rowsOf('DELETE FROM webhooks')
    const revoke = '/account/sessions/revoke-key'
    expect(await press(ada, revoke, { id: key.id })).toBe('The API key has been revoked.')
    expect(await works(key)).toBe(false)
    expect((await ada.open('/account/sessions')).body).not.toContain('Billing')
    const others = await make(root.who)
    expect((await ada.submit(revoke, { id: others.id })).status).toBe(404)
    expect(await works(others)).toBe(true)
  })

  test('are revoked with the keys if the box is ticked, which is shown only with keys', async () => {
    const ada = await visitor('admin')
    await signIn(ada.who)
    expect((await ada.open('/account/sessions')).body).not.toContain(BOX)
    const key = await make(ada.who)
    expect((await ada.open('/account/sessions')).body).toContain(BOX)
    expect(await press(ada, '/account/sessions/end-others')).toBe('All other sessions have ended.')
    expect(await works(key)).toBe(true)
    expect(await press(ada, '/account/sessions/end-others', { keys: 'true' })).toContain(
      'your API keys have been revoked',
    )
    expect(await works(key)).toBe(false)
  })

  test('a new password revokes them too', async () => {
    const ada = await visitor('admin')
    expect((await ada.open('/account/password')).body).not.toContain(BOX)
    const key = await make(ada.who)
    expect((await ada.open('/account/password')).body).toContain(BOX)
    const fields = { current_password: PASSWORD, new_password: 'Another-Stallion-8', keys: 'true' }
    expect((await ada.submit('/account/password', fields)).status).toBe(303)
    expect(await works(key)).toBe(false)
  })
})

describe('the console', () => {
  test('shows the keys of a user, to be revoked one by one by who may end any', async () => {
    const ada = await staff('admin')
    const key = await make(ada)
    const at = `/admin/users/${ada.id}`
    const [support, operator] = [await visitor('support'), await visitor('operator')]
    expect((await root.open(`${at}/sessions`)).body).toContain('Billing &amp; more')
    expect((await support.open(`${at}/sessions`)).body).toContain('Billing &amp; more')
    expect((await support.open(`${at}/sessions`)).body).not.toContain('/revoke-key')
    const refused = await support.submit(`${at}/revoke-key`, { key_id: key.id })
    expect([refused.status, alertOf(refused)]).toEqual([
      403,
      'You don’t have permission to do this.',
    ])
    expect((await operator.submit(`${at}/revoke-key`, { key_id: key.id })).status).toBe(403)
    expect(await works(key)).toBe(true)
    expect(await press(root, `${at}/revoke-key`, { key_id: key.id })).toBe(
      'The API key has been revoked.',
    )
    expect(await works(key)).toBe(false)
  })

  test.each([
    ['sessions', 'end-sessions'],
    ['', 'require-password-change'],
    ['', 'reset-2fa'],
    ['', 'deactivate'],
  ])('%s: %s revokes them if the box is ticked', async (page, act) => {
    const who = await makeUser({ roles: ['admin'] })
    const ada = await signIn(who)
    const at = `/admin/users/${ada.id}`
    const shown = () => root.open(page === '' ? at : `${at}/${page}`)
    expect((await shown()).body).not.toContain(BOX)
    const key = await make(ada)
    expect((await shown()).body).toContain(BOX)
    expect((await root.submit(`${at}/${act}`, { keys: 'true' })).status).toBe(303)
    await root.submit(`${at}/activate`)
    expect(await works(key)).toBe(false)
  })

  test('deactivates several with their keys', async () => {
    const people = [await staff('admin'), await staff('admin')]
    const keys = await Promise.all(people.map((each) => make(each)))
    const ids = people.map(({ id }) => String(id))
    const asked = await root.submit('/admin/users/bulk', { ids, do: 'deactivate' })
    expect(asked.body).toContain(BOX)
    const sure = { ids, do: 'deactivate', is_confirmed: 'true', keys: 'true' }
    await root.submit('/admin/users/bulk', sure)
    await root.submit('/admin/users/bulk', { ids, do: 'activate', is_confirmed: 'true' })
    expect(await Promise.all(keys.map(works))).toEqual([false, false])
  })
})
