import * as catalogues from './catalogues'
import type { Texts } from './en'
import { fallbacksOf } from './language-tag'

const { en, ...others } = catalogues

/** The catalogues by language code, English first. */
export const languages: Readonly<Record<string, Texts>> = { en, ...others }

/** Whether a code has a catalogue: `in` would find what every object inherits, as `constructor`. */
export const hasTexts = (code: string): boolean => Object.hasOwn(languages, code)

/** The code of the catalogue that fits a language tag best (`de` for `de-AT`), if any does. */
export const bestLanguage = (tag: string): string | undefined => fallbacksOf(tag).find(hasTexts)

/** The catalogue of a language: its own, its base language's, or English. */
export const textsFor = (language: string): Texts => languages[bestLanguage(language) ?? 'en'] ?? en
