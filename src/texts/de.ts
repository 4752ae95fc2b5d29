/** Alle Texte, auf Deutsch: derselbe Katalog wie der englische, oder es übersetzt nicht. */
import { account } from './de/account'
import { admin } from './de/admin'
import { adminFlash } from './de/admin-flash'
import { events } from './de/events'
import { flash } from './de/flash'
import { frame } from './de/frame'
import { mail } from './de/mail'
import { signedOut } from './de/signed-out'
import type { Texts } from './en'

export const de: Texts = {
  mail,
  frame,
  flash: { ...flash, ...adminFlash },
  signedOut,
  account,
  admin,
  events,
}
