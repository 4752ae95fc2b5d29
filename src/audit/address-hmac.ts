/**
 * Failed sign-ins store an HMAC of the address. It shows that attempts belong together without
 * revealing the address. Only somebody who knows the address and has the data keys can find its
 * attempts.
 */
import type { Config } from '../config'
import { toBase64Url, utf8 } from '../crypto/encoding'

/** 128 bits are enough to tell addresses apart. */
const BYTES = 16

/** Returns the HMAC of an address under the newest of DATA_KEYS. */
export const addressHmac = (config: Config, emailKey: string): Promise<string> =>
  hmacUnder(config, config.DATA_KEYS.ids[0], emailKey)

/**
 * Returns the HMACs of addresses under every listed key, since older events were written under
 * older keys.
 */
export const addressHmacs = (config: Config, emailKeys: readonly string[]): Promise<string[]> =>
  Promise.all(
    config.DATA_KEYS.ids.flatMap((id) => emailKeys.map((key) => hmacUnder(config, id, key))),
  )

async function hmacUnder({ DATA_KEYS }: Config, id: string, emailKey: string): Promise<string> {
  const key = await DATA_KEYS.hmac(id, 'audit-address')
  if (!key) throw new RangeError(`DATA_KEYS lists no key ${id}`)
  const mac = await crypto.subtle.sign('HMAC', key, utf8(emailKey))
  return toBase64Url(mac.slice(0, BYTES))
}
