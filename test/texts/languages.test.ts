/** Every language of src/texts/catalogues.ts beside the English one: whole, translated, and its plurals. */
import { describe, expect, it } from 'vitest'
import { EVENT_NAMES } from '../../src/event-traits'
import { en } from '../../src/texts/en'
import { languages } from '../../src/texts/languages'
import type { Plural } from '../../src/texts/plural'

type Text = string | ((...given: unknown[]) => unknown)

/** The texts of a catalogue by their paths. */
function textsOf(node: unknown, path = ''): [string, Text][] {
  if (typeof node === 'string') return [[path, node]]
  if (typeof node === 'function')
    return [[path, (...given) => Reflect.apply(node, undefined, given)]]
  return Object.entries(Object(node)).flatMap(([name, each]) => textsOf(each, `${path}.${name}`))
}

const english = textsOf(en)
const others = Object.entries(languages).filter(([, texts]) => texts !== en)

/** What a text is given: marks that are found again in it, numbers, and nothing where that is allowed. */
const GIVEN: readonly (readonly unknown[])[] = [
  ['<a>', '<b>', '<c>', '<d>'],
  [7, 8, 9, 6],
  [7200, 8],
  [null, '<b>', '<c>', '<d>'],
  ['<a>', null, null, null],
]
const said = (text: Text, given: readonly unknown[]) =>
  typeof text === 'string' ? text : String(text(...given))

/** The marks and numbers in a text, in whatever order the language has them. */
const heldBy = (text: string) => (text.match(/<\w>|\d+/g) ?? []).sort()

describe.each(others)('the language %s', (_, texts) => {
  const own = new Map(textsOf(texts))

  it('has the texts that English has, and no others', () => {
    expect([...own.keys()].sort()).toEqual(english.map(([path]) => path).sort())
  })

  it('says what it is given where English says it, and the same numbers', () => {
    for (const [path, text] of english)
      for (const given of typeof text === 'string' ? [[]] : GIVEN) {
        const held = heldBy(said(text, given).replaceAll(/(?<=\d)[,.\u00a0](?=\d{3})/g, ''))
        const translated = said(own.get(path) ?? '', given)
        expect(heldBy(translated.replaceAll(/(?<=\d)[,.\u00a0](?=\d{3})/g, '')), path).toEqual(held)
      }
  })

  it('leaves nothing in English', () => {
    const left = english.flatMap(([path, text]) => {
      const translated = said(own.get(path) ?? '', GIVEN[0] ?? [])
      // A single word may well be the same: "Webhooks", or in French "Sessions".
      const isSame = translated === said(text, GIVEN[0] ?? []) && /\p{L}\s+\p{L}/u.test(translated)
      const hasEnglish = /\b(?:the|and|your|with|this|which)\b/i.test(translated)
      return isSame || hasEnglish ? [`${path}: ${translated}`] : []
    })
    expect(left).toEqual([])
  })

  it('ends a sentence where English does', () => {
    const ends = (text: string) => /[.!?…]$/.test(text)
    const differ = english.flatMap(([path, text]) => {
      const [theirs, ours] = [text, own.get(path) ?? ''].map((each) => said(each, GIVEN[0] ?? []))
      return ends(theirs ?? '') === ends(ours ?? '') ? [] : [`${path}: ${ours}`]
    })
    expect(differ).toEqual([])
  })
})

describe('typography', () => {
  const catalogueOf = (code: string) =>
    textsOf(languages[code]).map(([path, text]) => {
      return `${path}: ${said(text, GIVEN[0] ?? [])}`
    })

  it('of French has a no-break space before ? ! : ; and inside quotation marks', () => {
    // "par exemple ! ou #" names the character.
    const wrong = /(?<!par exemple) [?!:;»](?=\s|$)|« |[\p{L}\d>][?!;»](?=\s|$)/u
    const found = catalogueOf('fr').map((line) => line.replace(/^\S+: /, ''))
    expect(found.filter((line) => wrong.test(line))).toEqual([])
  })

  it.each(Object.keys(languages))('of %s has typographic apostrophes', (code) => {
    expect(catalogueOf(code).filter((line) => /\p{L}'\p{L}/u.test(line))).toEqual([])
  })
})

describe('the languages', () => {
  it('are called by their own names', () => {
    const names = Object.values(languages).map(({ layout }) => layout.languageName)
    expect(new Set(names).size).toBe(names.length)
    for (const code of Object.keys(languages))
      expect(Intl.getCanonicalLocales(code)).toEqual([code])
  })

  it('begin with English, which every other is measured by', () => {
    expect(Object.keys(languages)[0]).toBe('en')
    expect(others.length).toBeGreaterThan(1)
  })

  it('name every event', () => {
    const missing = EVENT_NAMES.filter((event) => !(event in en.events))
    expect(missing).toEqual([])
  })
})

describe('plurals', () => {
  const modules = import.meta.glob<{ plural: Plural<Intl.LDMLPluralRule> }>(
    '../../src/texts/*/plural.ts',
    { eager: true },
  )
  const choosers = Object.entries(modules).map(
    ([path, { plural }]) => [/(\w+)\/plural\.ts$/.exec(path)?.[1] ?? '', plural] as const,
  )

  it('are known for every language', () => {
    expect(choosers.map(([code]) => code).sort()).toEqual(Object.keys(languages).sort())
  })

  it.each(choosers)('of %s have the categories of CLDR', (code, plural) => {
    const { pluralCategories } = new Intl.PluralRules(code).resolvedOptions()
    expect([...plural.categories].sort()).toEqual([...pluralCategories].sort())
  })

  it('follow the language', () => {
    const { en: inEnglish, de, fr } = languages
    const left = [inEnglish, de, fr].map((each) =>
      [0, 1, 2].map((n) => each?.admin.users.found(n, `${n}`)),
    )
    expect(left).toEqual([
      ['0 users', '1 user', '2 users'],
      ['0 Benutzer', '1 Benutzer', '2 Benutzer'],
      ['0 utilisateur', '1 utilisateur', '2 utilisateurs'],
    ])
    expect([1, 89, 90, 3600, 7200].map((n) => inEnglish?.layout.duration(n))).toEqual([
      '1 second',
      '89 seconds',
      '2 minutes',
      '60 minutes',
      '2 hours',
    ])
  })
})
