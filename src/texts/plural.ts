/**
 * Singular and plural by the rules of a language (CLDR, by Intl.PluralRules). A language names the
 * categories that it has once, and each of its texts must then have a form for every one of them.
 */

export interface Plural<C extends Intl.LDMLPluralRule> {
  (count: number, forms: Readonly<Record<C, string>>): string
  /** What a language declares; a test holds it against CLDR. */
  readonly categories: readonly C[]
}

/** The chooser of a language. Every language has `other`. */
export function pluralIn<const C extends Intl.LDMLPluralRule>(
  language: string,
  categories: readonly (C | 'other')[],
): Plural<C | 'other'> {
  let rules: Intl.PluralRules | undefined
  const plural = (count: number, forms: Readonly<Record<C | 'other', string>>) => {
    rules ??= new Intl.PluralRules(language)
    const rule = rules.select(count)
    return forms[categories.find((each) => each === rule) ?? 'other']
  }
  return Object.assign(plural, { categories })
}
