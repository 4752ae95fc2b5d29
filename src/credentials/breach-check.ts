/**
 * Checks whether a password appeared in a data breach, by the k-anonymity range protocol of Have I
 * Been Pwned: only five hex digits of its SHA-1 leave the Worker, and padding hides the size of the
 * response. Off unless BREACH_CHECK_URL is set. Fails open: if the service is slow, down or returns
 * garbage, the password is accepted, and the failure is logged without the password or its hash.
 * (OWASP ASVS 5.0 6.2.12)
 */
import type { Config } from '../config'
import { utf8 } from '../crypto/encoding'
import { errorName, log, type LogSource } from '../log'

const BUDGET_MS = 1000
const PREFIX_CHARS = 5
/** Padded responses have about 1,000 lines of 40 bytes. */
const MAX_BODY_BYTES = 256 * 1024
const LINE = /^([0-9A-F]{35}):(\d{1,12})$/i

/** True only if the service reports the normalized password as breached. Takes at most 1 s. */
export async function isBreached(
  deps: LogSource & { readonly config: Pick<Config, 'BREACH_CHECK_URL'> },
  password: string,
): Promise<boolean> {
  const { BREACH_CHECK_URL } = deps.config
  if (BREACH_CHECK_URL === undefined) return false
  try {
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-1', utf8(password)))
    const hex = hash.toHex().toUpperCase()
    const body = await fetchRange(BREACH_CHECK_URL, hex.slice(0, PREFIX_CHARS))
    return countIn(body, hex.slice(PREFIX_CHARS)) > 0
  } catch (error) {
    // The platform's error messages may contain the URL, and with it a part of the hash.
    const reason = error instanceof RangeFault ? error.message : errorName(error)
    log.warn('breach_check_failed', deps, { reason })
    return false
  }
}

class RangeFault extends Error {}

async function fetchRange(base: string, prefix: string): Promise<string> {
  const response = await fetch(`${base.replace(/\/+$/, '')}/${prefix}`, {
    headers: { 'Add-Padding': 'true', 'User-Agent': 'gatehouse' },
    redirect: 'manual',
    signal: AbortSignal.timeout(BUDGET_MS),
  })
  if (response.status !== 200 || !response.body) {
    await response.body?.cancel()
    throw new RangeFault(`status ${response.status}`)
  }
  return readBounded(response.body)
}

/** The body as text. Throws RangeFault if it is longer than any valid response. */
async function readBounded(body: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > MAX_BODY_BYTES) throw new RangeFault(`more than ${MAX_BODY_BYTES} bytes`)
    text += decoder.decode(chunk, { stream: true })
  }
  return text
}

/** How often the suffix was seen; padding lines say 0. Throws RangeFault if this is not a range. */
function countIn(body: string, suffix: string): number {
  let count = 0
  for (const line of body.split(/\r?\n/)) {
    if (line === '') continue
    const [, listed, times] = LINE.exec(line) ?? []
    if (listed === undefined) throw new RangeFault('not a range of SUFFIX:COUNT lines')
    if (listed.toUpperCase() === suffix) count = Number(times)
  }
  return count
}
