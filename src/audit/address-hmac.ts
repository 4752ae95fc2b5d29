/**
 * Failed sign-ins name their address by an HMAC: enough to see that attempts belong together, nothing
 * to read an address from. Whoever knows the address and holds the data keys finds them again.
 */
import type { Config } from '../config'
import { toBase64Url, utf8 } from '../crypto/encoding'

/** 128 bits are plenty to tell addresses apart. */
const BYTES = 16

/** The name of an address under the newest of DATA_KEYS. */
export const addressHmac = (config: Config, emailKey: string): Promise<string> =>
  hmacUnder(config, config.DATA_KEYS.ids[0], emailKey)

/** The names of addresses under every listed key, as older events carry older ones. */
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
