/** The first step of a sign-in, and what follows a step. Between two steps a short-lived cookie holds the challenge. */
import * as z from 'zod'
import { shownRequest } from '../../app-sign-in/authorize-path'
import type { Deps } from '../../context'
import { currentPasswordField } from '../../credentials/password-policy'
import { signToken } from '../../crypto/signed-token'
import type { Parsed } from '../../http/validated'
import { signOutOf } from '../../sessions/own-sessions'
import { subjectOf } from '../../sessions/session-types'
import type { SignInAnswer } from '../../sign-in/complete'
import type { ChallengeAnswer } from '../../sign-in/continue'
import { signIn } from '../../sign-in/password-step'
import { isLongLock } from '../../throttle/attempt'
import { Checkbox } from '../components/choices'
import { EmailField, PasswordField } from '../components/fields'
import { Form, FormAlert, Submit } from '../components/form'
import { PASSKEY_SCRIPT } from '../components/passkey-button'
import { askedField } from '../runtime/address'
import type { PageCookie } from '../runtime/cookies'
import { formPage } from '../runtime/form-page'
import { forAnotherUser, localPath, withNext, withNextInFlow } from '../runtime/local-path'
import { redirect, type PageRequest, type SeeOther, type Visitor } from '../runtime/page'
import { continueCookie } from './continue-cookie'
import { deviceCookie } from './device-cookie'
import { mailedAddress } from './mailed-address'
import {
  ForgetUnknown,
  PASSKEY_SIGN_IN,
  PasskeySignIn,
  passkeySignInFields,
  signInByPosted,
} from './passkey-sign-in'

/** `other`: for a user who is signed in and wants to use another account. */
const query = () => z.object({ next: askedField, other: askedField })
type Asked = PageRequest<Visitor | null, Parsed<typeof query>>

const nextOf = ({ query: { next } }: Asked): string => localPath(next)

const passwordStep = formPage({
  path: '/sign-in',
  access: 'visitor',
  counting: 'never',
  query,
  fields: () =>
    z.strictObject({
      email: z.string().min(1).max(1000),
      password: currentPasswordField,
      remember_me: z.boolean().default(false),
    }),
  show: showSignIn,
  submit: async (request, { email: username, password, remember_me: rememberMe }) => {
    const deviceToken = request.cookie('device')
    const credentials = { username, password, rememberMe, deviceToken }
    return goOn(request, await signIn(request.deps, credentials), nextOf(request))
  },
})

const passkeyStep = formPage({
  path: PASSKEY_SIGN_IN,
  access: 'visitor',
  counting: 'never',
  query,
  fields: passkeySignInFields,
  home: (request) => withNext('/sign-in', nextOf(request)),
  show: showSignIn,
  submit: async (request, posted) =>
    goOn(request, await signInByPosted(request.deps, posted), nextOf(request)),
})

async function showSignIn(request: Asked) {
  const { texts, visitor, form, deps, query } = request
  const next = nextOf(request)
  if (visitor && !form.error && query.other === undefined) return redirect(next)
  const { signedOut } = texts
  const asking = await shownRequest(deps, next)
  const address = form.values['email'] ?? asking?.loginHint ?? (await mailedAddress(request)) ?? ''
  const isRefused = form.postedTo === PASSKEY_SIGN_IN
  return {
    title: signedOut.signIn.title,
    lead: asking && texts.oauth.continueTo(asking.appName),
    scripts: [PASSKEY_SCRIPT],
    // For users who were invited, and go on by the link in their email.
    cookies: continueCookie(next),
    main: (
      <>
        {isRefused && <FormAlert />}
        <ForgetUnknown form={form} deps={deps} />
        <Form action={withNext('/sign-in', next)} values={{ email: address }} isWide>
          {form.error?.code === 'account_not_active' && (
            <p>
              <a href={withNextInFlow('/check-your-mail?other', next)}>{signedOut.signIn.resend}</a>
            </p>
          )}
          {form.error && isLongLock(form.error) && (
            <p>
              {signedOut.signIn.locked}{' '}
              <a href={withNextInFlow('/forgot-password', next)}>{signedOut.signIn.lockedReset}</a>
            </p>
          )}
          <div class="form" data-passkey-instead>
            <EmailField isFirst={address === ''} autocomplete="username webauthn" />
            <PasswordField label={signedOut.password} isFirst={address !== ''} />
          </div>
          <div class="spread">
            <Checkbox name="remember_me" label={signedOut.signIn.remember} />
          </div>
          <Submit class="wide">{signedOut.signIn.submit}</Submit>
          <PasskeySignIn next={next} isRefused={isRefused} />
        </Form>
        <p>
          <a href={withNextInFlow('/forgot-password', next)}>{signedOut.signIn.forgot}</a>
        </p>
        <p class="card-foot">
          {signedOut.signIn.noAccount}{' '}
          <a href={withNextInFlow(forAnotherUser('/sign-up', visitor), next)}>
            {signedOut.signIn.signUp}
          </a>
        </p>
      </>
    ),
  }
}

/** What follows a right step: the session and where the user was going, or the second step. */
export async function goOn(
  request: Pick<PageRequest, 'deps' | 'cookie' | 'visitor'>,
  answer: SignInAnswer | ChallengeAnswer,
  next: string,
): Promise<SeeOther> {
  const cookies = await deviceCookie(request, answer)
  if ('access_token' in answer) {
    return signedIn(request.deps, answer, next, request.visitor, cookies)
  }
  const { challenge_token: value, expires_in: maxAge } = answer
  return redirect(withNext('/sign-in/second-factor', next), {
    cookies: [...cookies, { name: 'challenge', value, maxAge }],
  })
}

/** The cookies that only lead to a sign-in. */
const LEFT_AT_SIGN_IN = ['challenge', 'sign-up', 'mail', 'continue'] as const

/** Keeps the new session, ends the one that this browser had, and goes on to `next`. */
export async function signedIn(
  deps: Deps,
  login: SignInAnswer,
  next: string,
  before: Visitor | null,
  more: readonly PageCookie[] = [],
): Promise<SeeOther> {
  if (before) await signOutOf(deps, before.principal)
  const payload = { subject: subjectOf(login.session_id), sid: login.session_id }
  const session: PageCookie = {
    name: 'session',
    value: await signToken(deps.config.TOKEN_KEYS, 'page', payload),
    // Only remembered sessions have a refresh token.
    maxAge: login.refresh_token === null ? undefined : deps.config.REMEMBERED_SESSION_TTL_SECONDS,
  }
  return redirect(firstStop(login, next), {
    cookies: [session, ...LEFT_AT_SIGN_IN.map((name) => ({ name, value: null })), ...more],
  })
}

/** A restricted session leads to its required action, a first sign-in to the welcome page. */
function firstStop({ restricted, user }: SignInAnswer, next: string): string {
  if (restricted === 'password_expired') return withNextInFlow('/change-password', next)
  if (restricted === 'two_factor_required') return withNextInFlow('/account/two-factor', next)
  const isFirst = user.last_login_at === null && user.login_count === 0
  // The first administrator has asked for the console.
  return isFirst && next !== '/admin' && user.bio === null && user.avatar_url === null
    ? withNext('/welcome', next)
    : next
}

export const signInPages = [passwordStep, passkeyStep]
