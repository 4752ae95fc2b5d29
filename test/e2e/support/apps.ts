/** An app of each kind, APIs, and a log of logout deliveries, for journeys that look at pages. */
import { create, registerApp } from './admin.ts'
import { LONG_NAME } from './people.ts'
import { writeRows } from './site.ts'

const HOUR_MS = 3_600_000
/** The client id of an app that came with a metadata document. */
export const METADATA_ID =
  'https://agents.client-of-somebody-else.example.com/assistants/notes/client-metadata.json'

export interface Apps {
  readonly web: string
  readonly thirdParty: string
  readonly device: string
  readonly service: string
  readonly api: string
}

/** All values are as long as they are in practice, or longer. */
export async function makeApps(): Promise<Apps> {
  const identifier = 'https://api.example.com/orders'
  const api = await create('/admin/resources', {
    identifier,
    name: 'Orders API',
    scopes: [
      { name: 'orders:read', description: 'See your orders' },
      { name: 'orders:write', permission: 'write:all', description: 'Change your orders' },
    ],
  })
  await create('/admin/resources', {
    identifier: `https://api.example.com/${'a-long-path/'.repeat(8)}`,
    name: LONG_NAME,
    scopes: Array.from({ length: 12 }, (_, n) => ({ name: `invoices:${'part-'.repeat(6)}${n}` })),
    open_to_metadata_apps: true,
  })
  const web = await registerApp({
    name: 'Orders',
    kind: 'web',
    redirect_uris: [
      'https://orders.example.com/api/auth/callback/gatehouse',
      'https://staging-of-a-branch-with-a-long-name.orders.example.com/api/auth/callback/gatehouse',
    ],
    post_logout_redirect_uris: ['https://orders.example.com/'],
    backchannel_logout_uri: 'https://orders.acme.com/api/auth/back-channel-logout',
    initiate_login_uri: 'https://orders.example.com/start',
    scopes: ['openid', 'profile', 'email', 'orders:read'],
    resources: [identifier],
    required_permission: 'read:all',
  })
  const thirdParty = await registerApp({
    name: LONG_NAME,
    kind: 'web',
    first_party: false,
    redirect_uris: ['https://photos.example.net/callback'],
  })
  await registerApp({
    name: 'Shop',
    kind: 'spa',
    redirect_uris: ['https://shop.example.com/'],
  })
  const device = await registerApp({
    name: 'Command line',
    kind: 'native',
    redirect_uris: ['http://127.0.0.1/callback', 'com.example.orders:/callback'],
    device_flow: true,
    enabled: false,
  })
  const service = await registerApp({
    name: 'Invoice run',
    kind: 'machine',
    scopes: ['orders:read'],
    resources: [identifier],
  })
  await writeRows([metadataApp(), ...deliveriesOf(web)])
  return { web, thirdParty, device, service, api: String(api['id']) }
}

/** An app that came with a document, as the first consent lists it. */
const metadataApp = () =>
  `INSERT INTO apps (client_id, source, name, kind, auth_method, redirect_uris, first_party, sector_id,
     created_at, updated_at)
   VALUES ('${METADATA_ID}', 'metadata', 'Notes assistant', 'native', 'none',
     '["http://127.0.0.1/callback"]', 0, (SELECT id FROM sectors LIMIT 1), ${Date.now()}, ${Date.now()})`

/** Messages in every state, as only failing endpoints and time would leave them. */
function deliveriesOf(clientId: string): string[] {
  const now = Date.now()
  const log = [
    { state: 'delivered', reason: 'signed_out', attempts: 1, status: 200, error: null },
    { state: 'pending', reason: 'revoked_by_admin', attempts: 3, status: 503, error: null },
    { state: 'dead', reason: 'credentials_changed', attempts: 12, status: null, error: 'timeout' },
    { state: 'delivered', reason: 'too_many_app_sessions', attempts: 2, status: 204, error: null },
  ]
  return log.flatMap(({ state, reason, attempts, status, error }, n) => {
    const at = now - n * HOUR_MS
    const id = `${at.toString(16).padStart(11, '0')}${String(n).padStart(11, '0')}`
    const text = (value: string | null) => (value === null ? 'NULL' : `'${value}'`)
    return [
      `INSERT INTO logout_deliveries (id, client_id, sid, sub, reason, state, attempts, last_status, last_error, created_at)
       VALUES ('${id}', '${clientId}', '${`Xy9_${n}`.repeat(5)}', 'a-sub', '${reason}', '${state}', ${attempts},
         ${status}, ${text(error)}, ${at})`,
      state === 'delivered'
        ? `DELETE FROM outbox WHERE id = '${id}'`
        : `UPDATE outbox SET attempts = ${attempts}, next_attempt_at = ${now + HOUR_MS},
             dead_at = ${state === 'dead' ? at : 'NULL'} WHERE id = '${id}'`,
    ]
  })
}
