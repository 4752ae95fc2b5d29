/** The offer of a first passkey after a sign-in by password, until the user says no. */
import type { FC } from 'hono/jsx'
import * as z from 'zod'
import { DAY_SECONDS } from '../../time'
import { PasskeyButton } from '../components/passkey-button'
import { formPage } from '../runtime/form-page'
import { redirect, type SignedInRequest } from '../runtime/page'
import { usePage } from '../runtime/page-context'
import { PASSKEYS } from './passkeys'

const LATER = `${PASSKEYS}/later`
/** How long a browser is not asked again. Browsers keep cookies for 400 days at most. */
const DAYS = { later: 14, never: 400 } as const

/** Whether to offer a passkey: after a sign-in by password with all factors, to users without one. */
export const offersPasskey = ({ visitor, cookie }: SignedInRequest): boolean =>
  !visitor.principal.hasPasskey &&
  visitor.principal.session.amr.includes('pwd') &&
  visitor.isProved &&
  cookie('passkey') === undefined

/** Only shown where passkeys work. */
export const PasskeyOffer: FC = () => {
  const { passkeys: words } = usePage().texts
  return (
    <section class="panel passkey-offer">
      <h2>{words.offerTitle}</h2>
      <p class="lead">{words.offerLead}</p>
      <div class="actions">
        <form method="post" action={`${PASSKEYS}/add`} class="inline">
          <PasskeyButton
            purpose="create"
            label={words.create}
            look="primary"
            unseen={`${PASSKEYS}/options?unseen`}
          />
        </form>
        <form method="post" action={LATER} class="inline">
          <button class="button quiet" name="ask" value="later">
            {words.later}
          </button>
          <button class="button quiet" name="ask" value="never">
            {words.neverAsk}
          </button>
        </form>
      </div>
    </section>
  )
}

const later = formPage({
  path: LATER,
  access: 'session',
  counting: 'never',
  fields: () => z.strictObject({ ask: z.enum(['later', 'never']) }),
  home: '/account',
  submit: (_, { ask }) =>
    redirect('/account', {
      cookies: [{ name: 'passkey', value: ask, maxAge: DAYS[ask] * DAY_SECONDS }],
    }),
})

export const passkeyOfferPages = [later]
