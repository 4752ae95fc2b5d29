/**
 * Where an owner's attempts are counted. The shard and all keys of rows are HMACs under the newest
 * entry of DATA_KEYS. Whoever reads an object's storage learns no address and no IP address, and cannot
 * guess them either. With a new key all counts start from zero, and the old rows expire within 30 days.
 */
import type { Config } from '../config'
import type { Deps } from '../context'
import { UNKNOWN_NETWORK } from './network'
import type { Throttle } from './throttle'

const SHARDS = 4096
const OWNER_BYTES = 16

/**
 * Counts are kept for an address with or without an account, a user, a network, a webhook, an app, the assertion by
 * which an app authenticates, or a host that serves metadata documents.
 */
export type Owner =
  | { readonly emailKey: string }
  | { readonly subject: string }
  | { readonly network: string }
  | { readonly webhook: string }
  | { readonly app: string }
  | { readonly host: string }
  | { readonly assertion: string }

export interface Shard {
  readonly name: string
  readonly owner: string
}

/** The shard of an owner under one entry of DATA_KEYS, by default the newest. */
export async function shardOf(config: Config, owner: Owner, keyId?: string): Promise<Shard> {
  const mac = await macOf(config, textOf(owner), keyId)
  const number = ((mac[OWNER_BYTES] ?? 0) * 256 + (mac[OWNER_BYTES + 1] ?? 0)) % SHARDS
  return { name: String(number), owner: keyOf(mac) }
}

function textOf(owner: Owner): string {
  if ('subject' in owner) return `subject\n${owner.subject}`
  if ('assertion' in owner) return `assertion\n${owner.assertion}`
  if ('webhook' in owner) return `webhook\n${owner.webhook}`
  if ('app' in owner) return `app\n${owner.app}`
  if ('host' in owner) return `host\n${owner.host}`
  return 'network' in owner ? `network\n${owner.network}` : `address\n${owner.emailKey}`
}

/** The key of a network's row under an address or a subject; '' for the unknown network. */
export async function networkKey(config: Config, under: string, network: string): Promise<string> {
  if (network === UNKNOWN_NETWORK) return ''
  return keyOf(await macOf(config, `network\n${under}\n${network}`))
}

/**
 * The key of a session's row under its user's subject, as no session id may be stored outside its
 * object.
 */
export const sessionKey = async (config: Config, sid: string): Promise<string> =>
  keyOf(await macOf(config, `session\n${sid}`))

/** A new stub for each call, as a stub stays broken once its object has failed. */
export function objectOf(deps: Pick<Deps, 'env'>, shard: string): DurableObjectStub<Throttle> {
  return deps.env.THROTTLE.getByName(shard)
}

async function macOf(config: Config, text: string, keyId = config.DATA_KEYS.ids[0]) {
  const key = await config.DATA_KEYS.hmac(keyId, 'throttle')
  if (!key) throw new RangeError(`DATA_KEYS lists no key ${keyId}`)
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(text)))
}

const keyOf = (mac: Uint8Array) =>
  mac.slice(0, OWNER_BYTES).toBase64({ alphabet: 'base64url', omitPadding: true })
