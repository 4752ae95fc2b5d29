const MAX_CHARS = 1000

/**
 * A path of this site, with its query, from a text that anyone may have written; `otherwise` for
 * whatever could lead elsewhere: other origins, `//host`, backslashes, control characters.
 */
export function localPath(text: string | null | undefined, otherwise = '/account'): string {
  if (!text || text.length > MAX_CHARS || !/^\/(?![/\\])/.test(text)) return otherwise
  if (/[\\\p{Cc}]/u.test(text) || !URL.canParse(text, 'https://here.invalid')) return otherwise
  const url = new URL(text, 'https://here.invalid')
  // Dots may resolve to a path that begins with two slashes.
  if (url.origin !== 'https://here.invalid' || url.pathname.startsWith('//')) return otherwise
  return url.pathname + url.search
}

/** The address of a page that goes on to another. */
export const withNext = (path: string, next: string): string =>
  next === '/account' ? path : `${path}?next=${encodeURIComponent(next)}`

/** A path with a query. Parameters without a value are left out. */
export function withQuery(
  path: string,
  parameters: Readonly<Record<string, string | undefined>>,
): string {
  const query = Object.entries(parameters).flatMap(([name, value]) =>
    value ? [`${name}=${encodeURIComponent(value)}`] : [],
  )
  return query.length === 0 ? path : `${path}?${query.join('&')}`
}
