/** Every route with a body, listed by the app itself, so that a new one cannot be forgotten. */
import { beforeAll, describe, expect, it } from 'vitest'
import { needsPermission } from '../../src/http/route'
import { call, send } from '../support/api'
import { makeKey } from '../support/api-keys'
import { named } from '../support/named'
import { addressOf, isOAuth, titled } from '../support/routes'
import { staff } from '../support/users'

let admin: { token: string }
let key: { token: string }
beforeAll(async () => {
  admin = await staff('admin')
  key = await makeKey(admin)
})

describe.each(titled((route) => route.body !== undefined && !isOAuth(route)))('%s', (_, route) => {
  const method = route.method.toUpperCase()
  const isForKeys = needsPermission(route.access) && route.access.by === 'api_key'
  const tokenOf = () => (isForKeys ? key : admin).token
  // Nobody's id: a body that is taken must not be about the admin who sends it.
  const path = addressOf(route, '999999')
  const write = (body: unknown, form: boolean) =>
    call(method, path, body, { form, token: tokenOf() })

  it('reads an empty JSON object and an empty form alike', async () => {
    const [json, form] = [await write({}, false), await write({}, true)]
    expect(form.status).toBe(json.status)
    if (route.body?.().safeParse({}).success) expect(json.status).not.toBe(422)
    else expect(named(form)).toEqual(named(json))
    expect([500, 415]).not.toContain(json.status)
  })

  it('refuses an unknown field in both', async () => {
    for (const form of [false, true]) {
      expect(named(await write({ x: '1' }, form))).toContain('x unknown_field')
    }
  })

  it('takes no other content type', async () => {
    const headers = { 'content-type': 'text/plain', authorization: `Bearer ${tokenOf()}` }
    const reply = await send(path, { method, headers, body: '{}' })
    expect(reply.status).toBe(415)
  })
})
