import { bestLanguage, textsFor } from '../../texts/languages'
import type { Texts } from '../../texts/en'

export interface Locale {
  /** A code with a catalogue, as the `lang` attribute and Intl take it. */
  readonly language: string
  readonly texts: Texts
}

/**
 * The language of a page: the user's own, or what was chosen by the switch, or what the browser asks
 * for, or the setting; the first of these that has a catalogue.
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

/** Language codes of an Accept-Language header, the most wanted first (RFC 9110 section 12.5.4). */
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
