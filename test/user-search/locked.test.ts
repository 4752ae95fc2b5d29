/** What keeps a user from signing in, in the admin's view of them; and the log by address. */
import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { addressHmac } from '../../src/audit/address-hmac'
import { loadConfig } from '../../src/config'
import { shardOf } from '../../src/throttle/shard'
import { logged } from '../audit/log'
import { freshIp, post } from '../support/api'
import { named } from '../support/named'
import { freshEmail, makeUser, type SignedInUser, staff } from '../support/users'
import { postSignIn } from '../support/users-by-api'

const HOUR = 3_600_000
const config = loadConfig(env)

let admin: SignedInUser
beforeAll(async () => {
  admin = await staff('admin')
})

const view = async (id: number) => (await admin.asks('GET', `/admin/users/${id}`)).body

async function failed(email: string, at: number, key = email) {
  const data = JSON.stringify({ address: await addressHmac(config, key), reason: 'x' })
  return logged('auth.sign_in_failed', at, { data, user_agent: 'test' })
}

describe('a user in the admin’s view', () => {
  it('is not locked, has no failed sign-in, and shows when the password expires', async () => {
    const { id } = await makeUser({ columns: { password_expires_at: null } })
    expect(await view(id)).toMatchObject({
      locked_until: null,
      failed_sign_ins_24h: 0,
      password_expires_at: null,
    })
    const at = Date.UTC(2031, 1, 1)
    await env.DB.prepare('UPDATE users SET password_expires_at = ? WHERE id = ?').bind(at, id).run()
    const expires = { password_expires_at: new Date(at).toISOString() }
    expect(await view(id)).toMatchObject(expires)
    const list = await admin.asks('GET', `/admin/users?id=${id}`)
    expect(list.body.items).toMatchObject([expires])
    const edited = await admin.asks('PATCH', `/admin/users/${id}`, { bio: 'x' })
    expect(edited.body).toMatchObject({ ...expires, locked_until: null, failed_sign_ins_24h: 0 })
  })

  it('shows a lock on passwords until it is lifted', async () => {
    const { id, email } = await makeUser()
    const ip = freshIp()
    const wrong = { username: email, password: 'Wrong-Horse-7' }
    let status = 0
    for (let n = 0; n < 30 && status !== 429; n++) {
      status = (await post('/api/v1/auth/login', wrong, { ip })).status
    }
    expect(status).toBe(429)
    const until = Date.parse((await view(id)).locked_until)
    expect(until).toBeGreaterThan(Date.now())
    expect((await admin.asks('POST', `/admin/users/${id}/unlock`)).status).toBe(200)
    expect((await view(id)).locked_until).toBeNull()
  })

  it('shows that their passwords were checked too often', async () => {
    const { id, email, password } = await makeUser()
    const { access_token: token } = (await postSignIn({ id, email, password })).body
    // The right password, and a request that asks for nothing: it is counted for its hash alone.
    const ask = () => post('/api/v1/users/change-email', { password, new_email: email }, { token })
    let status = 0
    for (let n = 0; n < 130 && status !== 429; n++) status = (await ask()).status
    expect(status).toBe(429)
    expect(Date.parse((await view(id)).locked_until)).toBeGreaterThan(Date.now())
    expect((await admin.asks('POST', `/admin/users/${id}/unlock`)).status).toBe(200)
    expect((await view(id)).locked_until).toBeNull()
    expect((await ask()).status).toBe(422)
  })

  it('shows a lock on second factors', async () => {
    const { id, subject } = await makeUser()
    await env.DB.prepare(
      'UPDATE users SET two_factor_enabled_at = 1, two_factor_secret = full_name WHERE id = ?',
    )
      .bind(id)
      .run()
    const object = env.USER_SESSIONS.getByName(subject)
    expect((await view(id)).locked_until).toBeNull()
    for (let n = 0; n < 10; n++) await object.tryFactor()
    const until = Date.parse((await view(id)).locked_until)
    expect(until - Date.now()).toBeGreaterThan(14 * 60_000)
  })

  it('makes no storage in a throttle that counts nothing', async () => {
    const { id, email } = await makeUser()
    await view(id)
    const { name } = await shardOf(config, { emailKey: email })
    const tables = await runInDurableObject(env.THROTTLE.getByName(name), (_, { storage }) =>
      storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'attempts'").toArray(),
    )
    expect(tables).toEqual([])
  })

  it('counts failed sign-ins of a day, by address and by second factor, up to a hundred', async () => {
    const { id, email } = await makeUser()
    const now = Date.now()
    await failed(email, now - 25 * HOUR)
    await failed(freshEmail(), now)
    await failed(email, now - 23 * HOUR)
    await failed(email, now)
    await logged('auth.second_factor_failed', now, { actor_id: id, target_id: id })
    expect((await view(id)).failed_sign_ins_24h).toBe(3)
    for (let n = 0; n < 100; n++) await failed(email, now)
    expect((await view(id)).failed_sign_ins_24h).toBe(100)
  })
})

describe('the log by address', () => {
  const find = (query: Record<string, string>) =>
    admin.asks('GET', `/admin/audit?${new URLSearchParams(query).toString()}`)
  const actions = async (query: Record<string, string>) =>
    (await find(query)).body.items.map(({ action }: { action: string }) => action)

  it('has failed sign-ins at it, and what its account did and what was done to it', async () => {
    const { id, email } = await makeUser()
    const at = Date.now() - HOUR
    await failed(email, at)
    await failed(freshEmail(), at)
    await logged('user.profile_updated', at + 1, { actor_id: id, target_id: id })
    await logged('rbac.role_assigned', at + 2, { actor_id: admin.id, target_id: id })
    await logged('rbac.role_assigned', at + 3, { actor_id: id, target_id: admin.id })
    await logged('admin.user_viewed', at + 4, { actor_id: admin.id, target_id: id })
    const all = [
      'rbac.role_assigned',
      'rbac.role_assigned',
      'user.profile_updated',
      'auth.sign_in_failed',
    ]
    const typed = ` ${email.toUpperCase()} `
    expect(await actions({ address: typed })).toEqual(all)
    expect(await actions({ address: email, action: 'auth.sign_in_failed' })).toEqual(all.slice(3))
    expect(await actions({ address: email, action: 'user.profile_updated' })).toEqual([
      'user.profile_updated',
    ])
    expect(await actions({ address: email, views: 'true' })).toContain('admin.user_viewed')
    const [last] = (
      await env.DB.prepare(
        "SELECT target_id FROM audit_log WHERE event = 'admin.user_activity_viewed' ORDER BY id DESC LIMIT 1",
      ).all()
    ).results
    expect(last).toEqual({ target_id: id })
  })

  it('has failed sign-ins at an address without an account', async () => {
    const email = freshEmail()
    await failed(email, Date.now())
    expect(await actions({ address: email })).toEqual(['auth.sign_in_failed'])
    expect(await actions({ address: email, action: 'user.registered' })).toEqual([])
  })

  it('refuses what is no address, and ids beside it', async () => {
    expect(named(await find({ address: 'x' }))).toEqual(['address invalid_email'])
    expect(named(await find({ address: freshEmail(), actor_id: '1' }))).toEqual([
      'address not_with_ids',
    ])
    expect(named(await find({ views: 'yes' }))).toEqual(['views invalid_value'])
  })
})
