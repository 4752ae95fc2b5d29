/** How an export comes: as a download, whole however long the log, and only as fast as it is read. */
import { env } from 'cloudflare:workers'
import { beforeAll, expect, test } from 'vitest'
import { eventId } from '../../src/event-id'
import { exportAccount } from '../../src/privacy/export-account'
import { call, said } from '../support/api'
import { depsFor } from '../support/deps'
import { type SignedInUser, staff } from '../support/users'
import { wrapEnv } from '../support/wrapped-env'

const EVENTS = 2500
let ada: SignedInUser
beforeAll(async () => {
  ada = await staff()
  const rows = Array.from({ length: EVENTS }, (_, i) => eventId(1_600_000_000_000 + i * 1000))
  await env.DB.prepare(
    `INSERT INTO audit_log (id, at, event, actor_id, target_id, ip)
     SELECT value, 1600000000000 + key * 1000, 'user.profile_updated', ?1, ?1, '198.51.100.1' FROM json_each(?2)`,
  )
    .bind(ada.id, JSON.stringify(rows))
    .run()
})

const principal = () => ({
  userId: ada.id,
  subject: ada.subject,
  sid: ada.sessionId,
  apiKeyId: null,
  roleIds: [1],
  requiredAction: null,
  passwordExpiresAt: null,
  isSecondFactorEnabled: false,
  hasPasskey: false,
  credentialVersion: 1,
  session: {
    sid: ada.sessionId,
    createdAt: 0,
    expiresAt: 0,
    isRemembered: false,
    amr: [],
    authTime: 0,
    provedAt: 0,
  },
})

test('every event once, the oldest first, in one document that is laid out evenly', async () => {
  const text = await new Response(await exportAccount(depsFor(), principal())).text()
  const document = JSON.parse(text)
  const ids = document.activity.map(({ id }: { id: string }) => id)
  expect(ids.length).toBeGreaterThan(EVENTS)
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids).toEqual([...ids].sort())
  expect(document.acts_on_others).toEqual([])
  expect(text).toBe(`${JSON.stringify(document, null, 2)}\n`)
})

test('a reader who stops after the first page has had one page queried', async () => {
  let queries = 0
  const counting = wrapEnv(env, (call, go) => {
    if (call.name.startsWith('DB.')) queries += 1
    return go()
  })
  const stream = await exportAccount(depsFor({ env: counting }), principal())
  const before = queries
  const reader = stream.getReader()
  let read = ''
  while (!read.includes('"user.profile_updated"')) {
    const { value } = await reader.read()
    read += new TextDecoder().decode(value)
  }
  await reader.cancel()
  expect(queries - before).toBe(1)
  expect(read.match(/user\.profile_updated/g)).toHaveLength(1000)
})

test('is a JSON download that no cache keeps', async () => {
  const { status, headers, body } = await ada.asks('GET', '/users/export')
  expect(status).toBe(200)
  expect(headers.get('content-type')).toBe('application/json; charset=utf-8')
  expect(headers.get('content-disposition')).toBe('attachment; filename="account.json"')
  expect(headers.get('cache-control')).toBe('no-store')
  expect(headers.get('x-request-id')).not.toBeNull()
  expect(Object.keys(body).slice(0, 3)).toEqual(['exported_at', 'account', 'roles'])
  expect(body.activity.at(-1).action).toBe('user.exported')
})

test('goes to nobody but a session that may do everything', async () => {
  expect(said(await call('GET', '/api/v1/users/export'))).toBe('401 invalid_access_token')
  const [root, bob] = [await staff('admin'), await staff()]
  await root.asks('POST', `/admin/users/${bob.id}/require-password-change`)
  expect(said(await bob.asks('GET', '/users/export'))).toBe('403 password_expired')
})
