/** Every text that people read, in German: the same catalogue as the English one, or it does not compile. */
import type { Texts } from '../en'
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

export const de: Texts = {
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
