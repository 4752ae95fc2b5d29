/** Registration: the form, and the page that asks to look for the email and sends another. */
import * as z from 'zod'
import { shownRequest } from '../../app-sign-in/authorize-path'
import { newAddressRules, allRules, newPasswordRules } from '../../credentials/fields'
import { passwordField } from '../../credentials/password-policy'
import { randomId } from '../../crypto/encoding'
import { signToken } from '../../crypto/signed-token'
import { register } from '../../registration/register'
import { resendVerification } from '../../registration/resend-verification'
import { emailField } from '../../users/email-address'
import { fullNameField } from '../../users/profile-fields'
import { EmailField, Field } from '../components/fields'
import { Form, Hidden } from '../components/form'
import { NewPassword } from '../components/new-password'
import { askedField } from '../runtime/address'
import type { PageCookie } from '../runtime/cookies'
import { formPage } from '../runtime/form-page'
import { forAnotherUser, localPath, withNextInFlow } from '../runtime/local-path'
import { redirect, type PageRequest } from '../runtime/page'
import { continueCookie } from './continue-cookie'
import { MAIL_COOKIE_SECONDS, mailCookie, mailedAddress } from './mailed-address'

const nextQuery = () => z.object({ next: askedField, other: askedField })

const signUp = formPage({
  path: '/sign-up',
  access: 'visitor',
  query: nextQuery,
  fields: () =>
    z.strictObject({ full_name: fullNameField, email: emailField, password: passwordField }),
  refine: allRules(newAddressRules('email'), newPasswordRules('password')),
  show: async ({ texts, visitor, deps, query }) => {
    const next = localPath(query.next)
    if (visitor && query.other === undefined) return redirect(next)
    const { signedOut, layout, oauth } = texts
    const asking = await shownRequest(deps, next)
    return {
      title: signedOut.signUp.title,
      lead: asking && oauth.continueTo(asking.appName),
      main: (
        <>
          <Form
            action={withNextInFlow(forAnotherUser('/sign-up', visitor), next)}
            values={{ email: asking?.loginHint }}
            submit={signedOut.signUp.submit}
            isWide
          >
            <Field name="full_name" label={signedOut.fullName} autocomplete="name" isFirst />
            <EmailField />
            <NewPassword config={deps.config} />
          </Form>
          <p class="card-foot">
            {signedOut.signUp.haveAccount}{' '}
            <a href={withNextInFlow(forAnotherUser('/sign-in', visitor), next)}>{layout.signIn}</a>
          </p>
        </>
      ),
    }
  },
  submit: async ({ deps, language, query }, { email, password, full_name: fullName }) => {
    const subject = randomId()
    await register(deps, { email, password, fullName, language, subject })
    const next = localPath(query.next)
    return redirect(withNextInFlow('/check-your-mail', next), {
      cookies: [
        await mailCookie(deps, email),
        await signUpCookie(deps, subject),
        ...continueCookie(next),
      ],
    })
  },
})

/**
 * Remembers which account this browser has registered: it is signed in when its address is verified here.
 * The cookie looks the same if the address was taken.
 */
async function signUpCookie({ config, now }: PageRequest['deps'], subject: string) {
  const expires = now + MAIL_COOKIE_SECONDS * 1000
  const value = await signToken(config.TOKEN_KEYS, 'sign_up', { subject, expires })
  return { name: 'sign-up', value, maxAge: MAIL_COOKIE_SECONDS } satisfies PageCookie
}

const checkYourMail = formPage({
  path: '/check-your-mail',
  access: 'anyone',
  query: () => z.object({ other: askedField, next: askedField }),
  fields: () => z.strictObject({ email: emailField }),
  show: async (request) => {
    const { signedOut } = request.texts
    const words = signedOut.checkMail
    const isOther = request.query.other !== undefined
    const next = localPath(request.query.next)
    const address = isOther ? undefined : await mailedAddress(request)
    return {
      title: words.title,
      lead: address === undefined ? words.askAddress : words.sentTo(address),
      main: (
        <>
          {address !== undefined && <p>{words.openIt}</p>}
          {address !== undefined && <p class="meta">{words.nothing}</p>}
          <Form
            action={withNextInFlow('/check-your-mail', next)}
            submit={address === undefined ? words.send : words.again}
            look={address === undefined ? undefined : 'quiet'}
            isWide
          >
            {address === undefined ? (
              <EmailField autocomplete="email" isFirst />
            ) : (
              <Hidden name="email" value={address} />
            )}
          </Form>
          <p class="card-foot spread">
            <a href={withNextInFlow('/sign-in', next)}>{signedOut.back}</a>
            {address !== undefined && (
              <a href={withNextInFlow('/check-your-mail?other', next)}>{words.other}</a>
            )}
          </p>
        </>
      ),
    }
  },
  submit: async ({ deps, query }, { email }) => {
    await resendVerification(deps, email)
    const next = localPath(query.next)
    return redirect(withNextInFlow('/check-your-mail', next), {
      flash: 'mail_sent',
      cookies: [await mailCookie(deps, email), ...continueCookie(next)],
    })
  },
})

export const signUpPages = [signUp, checkYourMail]
