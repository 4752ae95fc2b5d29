/**
 * Where an owner's attempts are counted. The shard and every key are HMACs under the newest of
 * DATA_KEYS, so nobody who reads an object's storage learns an address or an IP, nor can try one
 * out. With a new key all counters start from zero; the old ones lapse within 30 days.
 */
import type { Config } from '../config'
import type { Deps } from '../context'
import { UNKNOWN_NETWORK } from './network'
import type { Throttle } from './throttle'

const SHARDS = 4096
const OWNER_BYTES = 16

/** Whose attempts are counted: an address, with or without an account, a user's subject, a network, or a webhook. */
export type Owner =
  | { readonly emailKey: string }
  | { readonly subject: string }
  | { readonly network: string }
  | { readonly webhook: string }

export interface Shard {
  readonly name: string
  readonly owner: string
}

/** The shard of an owner under one key of DATA_KEYS, the newest unless told. */
export async function shardOf(config: Config, owner: Owner, keyId?: string): Promise<Shard> {
  const mac = await macOf(config, textOf(owner), keyId)
  const number = ((mac[OWNER_BYTES] ?? 0) * 256 + (mac[OWNER_BYTES + 1] ?? 0)) % SHARDS
  return { name: String(number), owner: keyOf(mac) }
}

function textOf(owner: Owner): string {
  if ('subject' in owner) return `subject\n${owner.subject}`
  if ('webhook' in owner) return `webhook\n${owner.webhook}`
  return 'network' in owner ? `network\n${owner.network}` : `address\n${owner.emailKey}`
}

/** The key of a network's row under an address or a subject; '' for a network that is unknown. */
export async function networkKey(config: Config, under: string, network: string): Promise<string> {
  if (network === UNKNOWN_NETWORK) return ''
  return keyOf(await macOf(config, `network\n${under}\n${network}`))
}

/** The key of a session's row under its user's subject: an object's storage names no session. */
export const sessionKey = async (config: Config, sid: string): Promise<string> =>
  keyOf(await macOf(config, `session\n${sid}`))

/** A fresh stub for each call: one that has broken stays broken. */
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
