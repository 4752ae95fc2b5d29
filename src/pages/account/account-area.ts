import type { Texts } from '../../texts/en'
import type { View } from '../runtime/page'

/** What every page of the account area has in common. */
export const accountArea = ({ account, passkeys }: Texts): Pick<View, 'area' | 'links'> => ({
  area: 'account',
  links: [
    { href: '/account', label: account.nav.profile },
    { href: '/account/password', label: account.nav.password },
    { href: '/account/email', label: account.nav.email },
    { href: '/account/passkeys', label: passkeys.nav },
    { href: '/account/two-factor', label: account.nav.twoFactor },
    { href: '/account/sessions', label: account.nav.sessions },
    { href: '/account/apps', label: account.nav.apps },
    { href: '/account/activity', label: account.nav.activity },
    { href: '/account/privacy', label: account.nav.privacy },
  ],
})
