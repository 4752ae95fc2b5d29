/** A passkey instead of a password, on the pages of links that prove an address. */
import type { FC } from 'hono/jsx'
import * as z from 'zod'
import { tokenField } from '../../credentials/fields'
import type { Fields, Schema } from '../../http/validated'
import { type LinkPurpose, passkeyOptionsForLink } from '../../passkeys/by-link'
import { registrationCredential } from '../../passkeys/credential-field'
import { type ProvedByPasskey, proveByPasskey } from '../../registration/prove-by-passkey'
import { signInAfterPasskey } from '../../sign-in/after-link'
import { optionalNameField } from '../../users/profile-fields'
import { CodesShown } from '../account/second-factor-steps'
import { PasskeyButton } from '../components/passkey-button'
import { formPage } from '../runtime/form-page'
import { withNextInFlow } from '../runtime/local-path'
import type { Page, PageRequest, SeeOther, View } from '../runtime/page'
import { usePage } from '../runtime/page-context'
import { passkeyFields } from '../runtime/passkey-fields'
import { continuedPath } from './continue-cookie'
import type { Browser } from './link-page'
import { goOn } from './sign-in'

/** Where the form of a link's page is posted with a passkey. */
export const byPasskey = (path: `/${string}`) => `${path}/passkey` as const
const optionsFor = (path: `/${string}`) => `${path}/passkey-options` as const

/** The button below that of the form. */
export const PasskeyInstead: FC<{ path: `/${string}`; lead: string }> = ({ path, lead }) => {
  const { passkeys: words } = usePage().texts
  return (
    <div class="passkey-choice">
      <p class="or">{words.or}</p>
      <PasskeyButton
        purpose="create"
        label={words.instead}
        options={optionsFor(path)}
        action={byPasskey(path)}
        isWide
      />
      <p class="meta">{lead}</p>
    </div>
  )
}

/** The pages behind the button of a link's page, which says why a passkey was refused. */
export const passkeyInsteadPages = <F extends Schema, Q extends Fields>(
  purpose: LinkPurpose,
  { path, query, get: show }: Page<'visitor' | 'anyone', F, Q>,
) => [
  formPage({
    path: byPasskey(path),
    access: 'visitor',
    counting: 'never',
    query,
    fields: () =>
      z.strictObject({
        token: tokenField,
        full_name: optionalNameField,
        ...passkeyFields(registrationCredential()),
      }),
    home: path,
    show,
    submit: async (request, posted) => {
      const { deps, texts } = request
      const { passkey_challenge: challengeToken, passkey_credential: credential, token } = posted
      const passkey = { challengeToken, credential }
      const fullName = posted.full_name
      const proof = { purpose, token, passkey, fullName }
      const proved = await proveByPasskey(deps, proof)
      const signedIn = await signInBy(request, purpose, proved)
      const home = signedIn?.seeOther ?? withNextInFlow('/sign-in', continuedPath(request))
      return codesView(texts, proved.recovery_codes, { ...signedIn, seeOther: home })
    },
  }),
  formPage({
    path: optionsFor(path),
    access: 'anyone',
    fields: () => z.strictObject({ token: tokenField }),
    home: path,
    submit: async ({ deps }, { token }) =>
      Response.json(await passkeyOptionsForLink(deps, purpose, token)),
  }),
]

/** Signs in as the password would (passwords.tsx, mailed-links.tsx); undefined if the user has to do it. */
async function signInBy(browser: Browser, purpose: LinkPurpose, proved: ProvedByPasskey) {
  const { deps, visitor, cookie } = browser
  if (visitor && purpose === 'verify_email') return undefined
  const answer = await signInAfterPasskey(deps, purpose, proved, cookie('sign-up'))
  return answer && goOn(browser, answer, continuedPath(browser))
}

/** The codes come first. The session is open by then, and the way on leads where the sign-in would. */
const codesView = (
  texts: PageRequest['texts'],
  codes: readonly string[],
  next: SeeOther,
): View => ({
  title: texts.account.twoFactor.codesTitle,
  lead: texts.passkeys.codesLead,
  styles: ['two-factor'],
  scripts: ['/assets/codes.js'],
  ...(next.cookies && { cookies: next.cookies }),
  main: <CodesShown codes={codes} home={next.seeOther} />,
})
