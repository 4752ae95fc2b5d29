/** The verbs of admins, turned on oneself: what asks for password and code elsewhere is not to be had here. */
import { beforeAll, expect, test } from 'vitest'
import { call, said } from '../support/api'
import { stopClock } from '../support/clock'
import { type UserWithSecondFactor, userWithSecondFactor } from '../support/second-factor'
import { eventsAbout, freshEmail, rowOf, type SignedInUser, staff } from '../support/users'

stopClock()

let root: SignedInUser
let ada: UserWithSecondFactor
beforeAll(async () => {
  root = await staff('admin')
  ada = await userWithSecondFactor()
  await root.asks('POST', `/admin/users/${ada.id}/roles`, { role: 'admin' })
})

const onHerself = (method: string, path = '', body?: object) =>
  call(method, `/api/v1/admin/users/${ada.id}${path}`, body, { token: ada.token })

test("an admin's stolen session neither ends the second factor nor moves the address of its own account", async () => {
  const before = await rowOf(ada.id)
  const events = await eventsAbout(ada.id)
  expect(said(await onHerself('POST', '/reset-2fa'))).toBe('403 forbidden')
  const move = { email: freshEmail(), full_name: 'Taken Over' }
  expect(said(await onHerself('PATCH', '', move))).toBe('403 forbidden')
  expect(await rowOf(ada.id)).toEqual(before)
  expect(await eventsAbout(ada.id)).toEqual(events)
})

test('an admin edits the rest of their own profile, even if the request repeats their address', async () => {
  const { status, body } = await onHerself('PATCH', '', { full_name: 'Ada King', email: ada.email })
  expect([status, body.full_name]).toEqual([200, 'Ada King'])
})

test('another admin may do both', async () => {
  const at = `/admin/users/${ada.id}`
  expect(said(await root.asks('POST', `${at}/reset-2fa`))).toBe('200')
  expect(said(await root.asks('PATCH', at, { email: freshEmail() }))).toBe('200')
})
