/**
 * Accepted metadata documents: in isolate memory, and in the cache of the data centre, so that a new isolate asks
 * nobody. The text is kept and read again, so that a release with other rules applies to it at once. Refusals are not
 * kept (draft-ietf-oauth-client-id-metadata-document section 4.2); the throttle bounds how often they are repeated.
 */
import type { Deps } from '../context'
import { sha256 } from '../crypto/encoding'
import { errorName, log } from '../log'
import { LONGEST_MS } from './document-lifetime'
import type { MetadataDocument } from './metadata-document'

/** Of at most 5 KiB each. */
const MAX_ENTRIES = 500
const CACHE = 'metadata-documents'

export interface KeptDocument {
  readonly document: MetadataDocument
  readonly fetchedAt: number
  readonly freshUntil: number
}

/** The document as the data centre's cache stores it. */
export interface KeptText {
  readonly text: string
  readonly fetchedAt: number
  readonly freshUntil: number
}

const memory = new WeakMap<Env, Map<string, KeptDocument>>()

function memoryOf({ env }: Pick<Deps, 'env'>): Map<string, KeptDocument> {
  const known = memory.get(env)
  if (known) return known
  const made = new Map<string, KeptDocument>()
  memory.set(env, made)
  return made
}

/** Makes this isolate forget all documents; for tests. */
export const forgetDocuments = (deps: Pick<Deps, 'env'>): void => memoryOf(deps).clear()

/** If the clock is set back, an old document must not stay fresh. */
export const isFresh = ({ now }: Pick<Deps, 'now'>, kept: KeptText | KeptDocument): boolean =>
  now < kept.freshUntil && kept.freshUntil <= now + LONGEST_MS

/** Whether it may still be used while its host cannot answer. */
export const isUsable = ({ now }: Pick<Deps, 'now'>, { fetchedAt }: KeptDocument): boolean =>
  Math.abs(now - fetchedAt) < LONGEST_MS

/** The document in the isolate's memory, fresh or not. */
export const remembered = (deps: Pick<Deps, 'env'>, clientId: string): KeptDocument | undefined =>
  memoryOf(deps).get(clientId)

export function remember(deps: Pick<Deps, 'env'>, kept: KeptDocument): void {
  const all = memoryOf(deps)
  // The oldest entry comes first, because each is put at the end.
  all.delete(kept.document.clientId)
  const [oldest] = all.keys()
  if (all.size >= MAX_ENTRIES && oldest !== undefined) all.delete(oldest)
  all.set(kept.document.clientId, kept)
}

export const forget = (deps: Pick<Deps, 'env'>, clientId: string): boolean =>
  memoryOf(deps).delete(clientId)

/** The document in the data centre's cache. Undefined too if the cache fails, as it is only a shortcut. */
export async function shared(deps: Deps, clientId: string): Promise<KeptText | undefined> {
  try {
    const cache = await caches.open(CACHE)
    const found = await cache.match(await keyOf(deps, clientId))
    return found && (await found.json<KeptText>())
  } catch (error) {
    log.warn('document_cache_failed', deps, { error: errorName(error) })
    return undefined
  }
}

/** Keeps a text in the data centre, after the response. */
export function share(deps: Deps, clientId: string, kept: KeptText): void {
  const seconds = Math.floor((kept.freshUntil - deps.now) / 1000)
  const put = async () => {
    const cache = await caches.open(CACHE)
    const headers = { 'cache-control': `max-age=${seconds}`, 'content-type': 'application/json' }
    await cache.put(
      await keyOf(deps, clientId),
      new Response(JSON.stringify(kept), { status: 200, headers }),
    )
  }
  deps.waitUntil(
    put().catch((error: unknown) =>
      log.warn('document_cache_failed', deps, { error: errorName(error) }),
    ),
  )
}

/** A URL on our own host that no route has: the cache wants one. */
const keyOf = async ({ config }: Pick<Deps, 'config'>, clientId: string): Promise<string> =>
  `${config.PUBLIC_URL}/.metadata-documents/${await sha256(clientId)}`
