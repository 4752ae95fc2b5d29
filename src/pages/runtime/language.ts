import type { Texts } from '../../texts/en'
import { bestLanguage, textsFor } from '../../texts/languages'

export interface Locale {
  /** The code of a language with texts, as the `lang` attribute and Intl take it. */
  readonly language: string
  readonly texts: Texts
}

/**
 * The language of a page: the first with texts of the user's own, the one chosen by the switch, those that
 * the browser asks for, and the configured one.
 */
export function chooseLanguage(
  wishes: readonly (string | undefined)[],
  acceptLanguage: string | undefined,
  standard: string,
): Locale {
  const all = [...wishes, ...accepted(acceptLanguage), standard, 'en']
  const language = all.flatMap((wish) => bestLanguage(wish ?? '') ?? [])[0] ?? 'en'
  return { language, texts: textsFor(language) }
}

const MAX_HEADER_CHARS = 500

/** Language codes of an Accept-Language header, the preferred first (RFC 9110 section 12.5.4). */
function accepted(header: string | undefined): string[] {
  if (!header || header.length > MAX_HEADER_CHARS) return []
  return header
    .split(',')
    .map((part) => {
      const [code = '', ...parameters] = part.trim().split(/\s*;\s*/)
      const q = parameters.find((each) => /^q=/i.test(each))
      return { code, weight: q === undefined ? 1 : Number(q.slice(2)) || 0 }
    })
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight)
    .map(({ code }) => code)
}
