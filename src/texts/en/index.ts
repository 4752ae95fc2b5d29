/** Every text that people read, in English: the catalogue that other languages must match. */
import { account } from './account'
import { admin } from './admin'
import { adminFlash } from './admin-flash'
import { device } from './device'
import { events } from './events'
import { flash } from './flash'
import { layout } from './layout'
import { mail } from './mail'
import { oauth } from './oauth'
import { passkeys } from './passkeys'
import { signedOut } from './signed-out'
import { stepUp } from './step-up'

export const en = {
  mail,
  layout,
  flash: { ...flash, ...adminFlash },
  signedOut,
  stepUp,
  passkeys,
  oauth,
  device,
  account,
  admin,
  events,
}
export type Texts = typeof en
