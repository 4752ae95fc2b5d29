/** Language tags (BCP 47, RFC 5646) as browsers, operating systems and people write them. */

/** As long as a stored tag may be. */
const MAX_STORED_CHARS = 10
const MAX_TYPED_CHARS = 100
const LANGUAGE = /^[a-z]{2,3}$/

/**
 * The canonical form: `EN-us` is `en-US`, `de_AT` is `de-AT`, `iw` is `he`. Extensions go, and of a tag
 * that is too long to be stored as many subtags stay as fit (RFC 4647 section 3.4, lookup). Undefined for
 * what is no tag of a language.
 */
export function languageTag(typed: string): string | undefined {
  if (typed.length > MAX_TYPED_CHARS) return undefined
  // POSIX adds an encoding and a modifier: `de_AT.UTF-8@euro`.
  const tag = typed.replace(/[.@].*$/, '')
  const canonical = canonicalOf(tag.replaceAll('_', '-'))
  const subtags = canonical?.replace(/-[a-z0-9]-.*$/i, '').split('-') ?? []
  if (!LANGUAGE.test(subtags[0] ?? '')) return undefined
  while (subtags.join('-').length > MAX_STORED_CHARS) subtags.pop()
  return subtags.join('-')
}

/** The tag and what it may fall back to, the closest first: `zh-Hant-TW`, `zh-Hant`, `zh`. In lower case. */
export function fallbacksOf(typed: string): string[] {
  const subtags = (languageTag(typed) ?? '').toLowerCase().split('-')
  return subtags.map((_, at) => subtags.slice(0, subtags.length - at).join('-')).filter(Boolean)
}

function canonicalOf(tag: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(tag)[0]
  } catch {
    return undefined
  }
}
