/**
 * Some addresses that apps send browsers to act when they are opened: they issue a code, or sign the user out. They must
 * not act for a browser that loads ahead what its user may open next, nor for a program that asks for the headers.
 */

/** Chromium and Safari, older browsers, and old Firefox. The first may say more: `prefetch;prerender`. */
const AHEAD = ['sec-purpose', 'purpose', 'x-purpose', 'x-moz']

/** The answer to a GET or HEAD that nobody sees; undefined for a user who goes there. */
export function unseenAnswer({ method, headers }: Request): Response | undefined {
  if (method === 'HEAD') {
    const type = { 'content-type': 'text/html; charset=UTF-8' }
    return new Response(null, { headers: { ...type, 'cache-control': 'no-store' } })
  }
  const isAhead = AHEAD.some((name) =>
    /\b(prefetch|prerender|preview)\b/i.test(headers.get(name) ?? ''),
  )
  // The browser drops it, and asks again when the user goes there.
  return isAhead
    ? new Response(null, { status: 503, headers: { 'cache-control': 'no-store' } })
    : undefined
}
