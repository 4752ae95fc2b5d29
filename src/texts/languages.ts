import { de } from './de'
import { en, type Texts } from './en'

/** The catalogues by language code. A language that lacks a text does not compile. */
export const languages: Readonly<Record<string, Texts>> = { en, de }

/** Whether a code has a catalogue: `in` would find what every object inherits, as `constructor`. */
export const hasTexts = (code: string): boolean => Object.hasOwn(languages, code)

/** The catalogue of a language: its own, its base language's (`de` for `de-AT`), or English. */
export const textsFor = (language: string): Texts =>
  languages[[language, language.split('-')[0] ?? ''].find(hasTexts) ?? 'en'] ?? en
