import { sha256 } from '../crypto/encoding'

/** A text that is the same for everybody, made once in an isolate, with its strong entity tag. */
export interface CachedText {
  readonly text: string
  readonly etag: string
}

export const cachedText = async (text: string): Promise<CachedText> => ({
  text,
  etag: `"${await sha256(text)}"`,
})

/**
 * Whether a client that sends this If-None-Match has the text already (RFC 9110 section 13.1.2). The
 * comparison is weak, as proxies that compress mark tags as weak.
 */
function isKnown({ etag }: CachedText, ifNoneMatch: string | null): boolean {
  if (ifNoneMatch === null) return false
  if (ifNoneMatch.trim() === '*') return true
  return ifNoneMatch.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag)
}

/**
 * The answer to GET: 200 with the text, or 304 without it. `maxAge` in seconds; a request with
 * credentials is answered `no-store`, as every other one is.
 */
export function cachedAnswer(
  cached: CachedText,
  request: Request,
  about: { readonly contentType: string; readonly maxAge: number },
): Response {
  const isPrivate = request.headers.has('authorization')
  const caching = isPrivate ? 'no-store' : `public, max-age=${about.maxAge}`
  const headers = { etag: cached.etag, 'cache-control': caching }
  if (isKnown(cached, request.headers.get('if-none-match'))) {
    return new Response(null, { status: 304, headers })
  }
  return new Response(cached.text, { headers: { ...headers, 'content-type': about.contentType } })
}
