/** Every route with a body, listed by the app itself, so that a new one cannot be forgotten. */
import { beforeAll, describe, expect, it } from 'vitest'
import { signedInAdmin } from '../support/admin'
import { call, send } from '../support/api'
import { named } from '../support/named'
import { addressOf, titled } from '../support/routes'

let token: string
beforeAll(async () => {
  token = (await signedInAdmin()).token
})

describe.each(titled(({ body }) => body !== undefined))('%s', (_, route) => {
  const method = route.method.toUpperCase()
  const write = (body: unknown, form: boolean) =>
    call(method, addressOf(route), body, { form, token })

  it('reads an empty JSON object and an empty form alike', async () => {
    const [json, form] = [await write({}, false), await write({}, true)]
    expect(form.status).toBe(json.status)
    if (route.body?.safeParse({}).success) expect(json.status).not.toBe(422)
    else expect(named(form)).toEqual(named(json))
    expect([500, 415]).not.toContain(json.status)
  })

  it('refuses an unknown field in both', async () => {
    for (const form of [false, true]) {
      expect(named(await write({ x: '1' }, form))).toContain('x unknown_field')
    }
  })

  it('takes no other content type', async () => {
    const headers = { 'content-type': 'text/plain', authorization: `Bearer ${token}` }
    const reply = await send(addressOf(route), { method, headers, body: '{}' })
    expect(reply.status).toBe(415)
  })
})
