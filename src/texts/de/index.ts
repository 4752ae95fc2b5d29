/** Alle Texte, auf Deutsch: derselbe Katalog wie der englische, oder es übersetzt nicht. */
import type { Texts } from '../en'
import { account } from './account'
import { admin } from './admin'
import { adminFlash } from './admin-flash'
import { events } from './events'
import { flash } from './flash'
import { layout } from './layout'
import { mail } from './mail'
import { signedOut } from './signed-out'

export const de: Texts = {
  mail,
  layout,
  flash: { ...flash, ...adminFlash },
  signedOut,
  account,
  admin,
  events,
}
