/** What a role permits reaches this isolate at once and all others within five seconds. */
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, test } from 'vitest'
import worker from '../../src/index'
import { freshIp } from '../support/api'
import { pass, SECOND, stopClock } from '../support/clock'
import { session } from '../support/people'
import { type Staff, staff } from '../support/staff'

stopClock()

let root: Staff
beforeAll(async () => {
  root = await staff('admin')
})

let count = 0
const freshName = () => `role-${(count += 1)}`
const create = (body: object) => root.asks('POST', '/admin/roles', body)
const change = (name: string, body: object) => root.asks('PATCH', `/admin/roles/${name}`, body)
const give = (id: number, role: string) => root.asks('POST', `/admin/users/${id}/roles`, { role })

describe('what a role permits', () => {
  /** Another isolate: an environment of its own, so that nothing is remembered in common. */
  const elsewhere = () => {
    const other = { ...env }
    return async (who: Staff) => {
      const request = new Request('http://localhost:8787/api/v1/auth/session', {
        headers: { authorization: `Bearer ${who.token}`, 'cf-connecting-ip': freshIp() },
      })
      const ctx = createExecutionContext()
      const response = await worker.fetch(request as never, other, ctx)
      const { user } = (await response.json()) as { user: { permissions: string[] } }
      await waitOnExecutionContext(ctx)
      return user.permissions
    }
  }

  test('changes here at once, and everywhere else within five seconds', async () => {
    const [name, ada, there] = [freshName(), await staff(), elsewhere()]
    await create({ name, permissions: ['read:all', 'write:all'] })
    await give(ada.id, name)
    expect(await there(ada)).toContain('read:all')
    await change(name, { permissions: ['write:all'] })
    expect((await session(ada.token)).body.user.permissions).not.toContain('read:all')
    pass(5 * SECOND)
    expect(await there(ada)).not.toContain('read:all')
  })

  test('is read anew behind the answer when it is four seconds old', async () => {
    const [name, ada, there] = [freshName(), await staff(), elsewhere()]
    await create({ name, permissions: ['read:all'] })
    await give(ada.id, name)
    expect(await there(ada)).toContain('read:all')
    await change(name, { permissions: [] })
    pass(4 * SECOND)
    await there(ada)
    expect(await there(ada)).not.toContain('read:all')
  })

  test('a role taken from somebody is gone everywhere at once, however old the map', async () => {
    const [ada, there] = [await staff('moderator'), elsewhere()]
    expect(await there(ada)).toContain('read:all')
    await root.asks('DELETE', `/admin/users/${ada.id}/roles/moderator`)
    expect(await there(ada)).not.toContain('read:all')
  })
})
