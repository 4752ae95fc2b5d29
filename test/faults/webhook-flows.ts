/** Flows of whoever runs the system on endpoints; their receiver is a real one (test/node/webhook-receiver.ts). */
import { env } from 'cloudflare:workers'
import { inject } from 'vitest'
import { loadConfig } from '../../src/config'
import { randomId } from '../../src/crypto/encoding'
import { encrypt } from '../../src/crypto/encrypt'
import { aadOf } from '../../src/tables/encrypted-column'
import { WEBHOOK_SECRET } from '../../src/tables/webhooks'
import { newSecret } from '../../src/webhooks/sign'
import { insertRow } from '../db/rows'
import { PASSWORD } from '../support/users'
import { admin, type Case, type Flows, has, ownAdmin } from './flow'

const PATH = '/api/v1/admin/webhooks'
/** Which nothing here makes. */
const events = ['setup.admin_created']

/** Behind the API, which lets nobody have more than twenty. */
export async function endpoint(): Promise<string> {
  const id = randomId()
  await insertRow('webhooks', {
    id,
    url: `http://127.0.0.1:${inject('webhookPort')}/ok/${id}`,
    events: JSON.stringify(events),
    secret: await encrypt(loadConfig(env).DATA_KEYS, aadOf(WEBHOOK_SECRET, id), newSecret()),
    created_at: 0,
  })
  return id
}

const onOne =
  (
    { method, path, body }: { method: string; path: string; body?: unknown },
    what: (id: string) => Omit<Case, 'ask'>,
    by = admin,
  ) =>
  async (): Promise<Case> => {
    const id = await endpoint()
    const { token } = await by()
    return { ask: { method, path: `${PATH}/${id}${path}`, body, token }, ...what(id) }
  }

const hasPendingWebhooks = (id: string) =>
  has("SELECT 1 FROM webhook_deliveries WHERE webhook_id = ? AND state <> 'dead'", id)

export const webhookFlows: Flows = {
  [`POST ${PATH}`]: async () => {
    await env.DB.exec('DELETE FROM webhooks')
    const host = `${randomId()
      .toLowerCase()
      .replaceAll(/[^a-z0-9]/g, 'x')}.example.com`
    const { token } = await ownAdmin()
    return {
      ask: {
        method: 'POST',
        path: PATH,
        body: { url: `https://${host}/`, events, password: PASSWORD },
        token,
      },
      isDone: () =>
        has(
          "SELECT 1 FROM audit_log WHERE event = 'webhook.created' AND data ->> 'host' = ?",
          host,
        ),
    }
  },
  [`PATCH ${PATH}/{id}`]: onOne({ method: 'PATCH', path: '', body: { enabled: false } }, (id) => ({
    isDone: () => has("SELECT 1 FROM webhooks WHERE id = ? AND disabled_reason = 'by_admin'", id),
  })),
  [`DELETE ${PATH}/{id}`]: onOne({ method: 'DELETE', path: '' }, (id) => ({
    isDone: async () => !(await has('SELECT 1 FROM webhooks WHERE id = ?', id)),
    again: ['not_found'],
  })),
  [`POST ${PATH}/{id}/rotate-secret`]: onOne(
    { method: 'POST', path: '/rotate-secret', body: { password: PASSWORD } },
    (id) => ({
      isDone: () => has('SELECT 1 FROM webhooks WHERE id = ? AND previous_secret IS NOT NULL', id),
    }),
    ownAdmin,
  ),
  [`POST ${PATH}/{id}/test`]: onOne({ method: 'POST', path: '/test' }, (id) => ({
    isDone: () => hasPendingWebhooks(id),
  })),
  [`POST ${PATH}/{id}/deliveries/{delivery_id}/redeliver`]: async () => {
    const id = await endpoint()
    const { token, asks } = await admin()
    await asks('POST', `/admin/webhooks/${id}/test`)
    const delivery = await env.DB.prepare(
      "UPDATE webhook_deliveries SET state = 'dead' WHERE webhook_id = ? RETURNING id",
    )
      .bind(id)
      .first<string>('id')
    await env.DB.prepare('DELETE FROM outbox WHERE id = ?').bind(delivery).run()
    return {
      ask: { method: 'POST', path: `${PATH}/${id}/deliveries/${delivery}/redeliver`, token },
      isDone: () => hasPendingWebhooks(id),
    }
  },
}
