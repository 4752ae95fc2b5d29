/** Every text that people read, in English: the catalogue that other languages must match. */
import { account } from './en/account'
import { admin } from './en/admin'
import { adminFlash } from './en/admin-flash'
import { events } from './en/events'
import { flash } from './en/flash'
import { frame } from './en/frame'
import { mail } from './en/mail'
import { signedOut } from './en/signed-out'

export const en = {
  mail,
  frame,
  flash: { ...flash, ...adminFlash },
  signedOut,
  account,
  admin,
  events,
}
export type Texts = typeof en
