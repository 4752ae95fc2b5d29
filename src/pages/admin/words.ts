/** The one place where the console finds its texts. */
import { admin as de } from '../../texts/de/admin'
import { admin as en, type AdminTexts } from '../../texts/en/admin'
import type { adminFlash } from '../../texts/en/admin-flash'
import { type FlashName, goTo, type PageRequest, type SeeOther } from '../frame/page'

const catalogues: Readonly<Record<string, AdminTexts>> = { en, de }

export const wordsOf = ({ language }: Pick<PageRequest, 'language'>): AdminTexts =>
  catalogues[language] ?? en

/** Goes on after something was done, and says so there. */
export const done = (to: string, what: keyof typeof adminFlash, about?: string): SeeOther =>
  goTo(to, { flash: what as string as FlashName, detail: about })
