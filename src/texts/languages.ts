import { en, type Texts } from './en'

const languages: Record<string, Texts> = { en }

/** The catalogue of a language: its own, its base language's (`de` for `de-AT`), or English. */
export const textsFor = (language: string): Texts =>
  languages[language] ?? languages[language.split('-')[0] ?? ''] ?? en
