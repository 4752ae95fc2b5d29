/** The two steps of a sign-in. Between them a short-lived cookie holds the challenge, never the page's address. */
import * as z from 'zod'
import type { Deps } from '../../context'
import { currentPasswordField } from '../../credentials/password-policy'
import { signToken } from '../../crypto/signed-token'
import { DomainError } from '../../errors'
import { codeField, recoveryCodeField } from '../../factors/code-field'
import type { Parsed } from '../../http/validated'
import { signOutOf } from '../../sessions/own-sessions'
import { subjectOf } from '../../sessions/session-types'
import type { SignInAnswer } from '../../sign-in/complete'
import type { ChallengeAnswer } from '../../sign-in/continue'
import { signIn } from '../../sign-in/password-step'
import { verifySecondFactor } from '../../sign-in/second-factor-step'
import { isLongLock } from '../../throttle/attempt'
import { Checkbox } from '../components/choices'
import { CodeField, EmailField, Field, PasswordField } from '../components/fields'
import { Form, FormAlert, Hidden, Submit } from '../components/form'
import { PASSKEY_SCRIPT } from '../components/passkey-button'
import { askedField } from '../runtime/address'
import type { PageCookie } from '../runtime/cookies'
import { markOf } from '../runtime/form-owner'
import { formPage } from '../runtime/form-page'
import { localPath, withNext } from '../runtime/local-path'
import { redirect, type PageRequest, type SeeOther, type Visitor } from '../runtime/page'
import {
  ForgetUnknown,
  PASSKEY_SIGN_IN,
  PasskeySignIn,
  passkeySignInFields,
  signInByPosted,
} from './passkey-sign-in'

const query = () => z.object({ next: askedField, with: askedField })
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
  submit: async (request, { email: username, password, remember_me: rememberMe }) =>
    goOn(request, await signIn(request.deps, { username, password, rememberMe })),
})

const passkeyStep = formPage({
  path: PASSKEY_SIGN_IN,
  access: 'visitor',
  counting: 'never',
  query,
  fields: passkeySignInFields,
  home: (request) => withNext('/sign-in', nextOf(request)),
  show: showSignIn,
  submit: async (request, posted) => goOn(request, await signInByPosted(request.deps, posted)),
})

function showSignIn(request: Asked) {
  const { texts, visitor, form, deps } = request
  const next = nextOf(request)
  if (visitor && !form.error) return redirect(next)
  const { signedOut } = texts
  const address = form.values['email'] ?? ''
  const isRefused = form.postedTo === PASSKEY_SIGN_IN
  return {
    title: signedOut.signIn.title,
    scripts: [PASSKEY_SCRIPT],
    main: (
      <>
        {isRefused && <FormAlert />}
        <ForgetUnknown form={form} deps={deps} />
        <Form action={withNext('/sign-in', next)} isWide>
          {form.error?.code === 'account_not_active' && (
            <p>
              <a href="/check-your-mail?other">{signedOut.signIn.resend}</a>
            </p>
          )}
          {form.error && isLongLock(form.error) && (
            <p>
              {signedOut.signIn.locked}{' '}
              <a href="/forgot-password">{signedOut.signIn.lockedReset}</a>
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
          <a href="/forgot-password">{signedOut.signIn.forgot}</a>
        </p>
        <p class="card-foot">
          {signedOut.signIn.noAccount} <a href="/sign-up">{signedOut.signIn.signUp}</a>
        </p>
      </>
    ),
  }
}

/** What follows a right first step: the second one, or where the user was going. */
function goOn(request: Asked, answer: SignInAnswer | ChallengeAnswer) {
  const { deps, visitor } = request
  if ('access_token' in answer) return signedIn(deps, answer, nextOf(request), visitor)
  const challenge: PageCookie = {
    name: 'challenge',
    value: answer.challenge_token,
    maxAge: answer.expires_in,
  }
  return redirect(withNext('/sign-in/second-factor', nextOf(request)), { cookies: [challenge] })
}

const startAgain = (request: Asked) =>
  redirect(withNext('/sign-in', nextOf(request)), {
    flash: 'start_again',
    cookies: [{ name: 'challenge', value: null }],
  })

const factorStep = formPage({
  path: '/sign-in/second-factor',
  access: 'visitor',
  counting: 'never',
  query,
  fields: () =>
    z.strictObject({
      code: codeField.optional(),
      recovery_code: recoveryCodeField.optional(),
      /** The sign-in that the form was opened for: another tab may have begun one since. */
      challenge: z.string().max(100).optional(),
    }),
  show: async (request) => {
    const { texts, query, cookie, form } = request
    const challenge = cookie('challenge')
    if (challenge === undefined) return startAgain(request)
    if (form.error?.code === 'invalid_challenge') return startAgain(request)
    const words = texts.signedOut.secondFactor
    const isRecovery = query.with === 'recovery-code'
    const here = withNext('/sign-in/second-factor', nextOf(request))
    const other = `${here}${here.includes('?') ? '&' : '?'}with=recovery-code`
    return {
      title: words.title,
      lead: isRecovery ? words.recoveryLead : words.lead,
      main: (
        <>
          <Form action={isRecovery ? other : here} submit={words.submit} isWide>
            <Hidden name="challenge" value={await markOf(challenge)} />
            {isRecovery ? (
              <Field
                name="recovery_code"
                label={words.recoveryCode}
                placeholder="XXXX-XXXX-XXXX-XXXX"
                maxlength={60}
                isFirst
              />
            ) : (
              <CodeField label={words.code} class="code-input" isFirst />
            )}
          </Form>
          <p class="card-foot spread">
            <a href={isRecovery ? here : other}>{isRecovery ? words.useCode : words.useRecovery}</a>
            <a href="/sign-in">{texts.signedOut.back}</a>
          </p>
        </>
      ),
    }
  },
  submit: async (request, { code, recovery_code: recoveryCode, challenge }) => {
    const { deps, visitor, cookie } = request
    const challengeToken = cookie('challenge')
    if (challengeToken === undefined) throw new DomainError('invalid_challenge')
    const isOwn = challenge === undefined || challenge === (await markOf(challengeToken))
    if (!isOwn) throw new DomainError('invalid_challenge')
    const factor = recoveryCode === undefined ? { code: code ?? '' } : { recoveryCode }
    const login = await verifySecondFactor(deps, { challengeToken, userId: undefined, ...factor })
    return signedIn(deps, login, nextOf(request), visitor)
  },
})

/** Keeps the new session, ends the one that this browser had, and goes on to `next`. */
export async function signedIn(
  deps: Deps,
  login: SignInAnswer,
  next: string,
  before: Visitor | null,
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
    cookies: [session, { name: 'challenge', value: null }],
  })
}

/** A restricted session leads to its required action, a first sign-in to the welcome page. */
function firstStop({ restricted, user }: SignInAnswer, next: string): string {
  if (restricted === 'password_expired') return '/change-password'
  if (restricted === 'two_factor_required') return '/account/two-factor'
  const isFirst = user.last_login_at === null && user.login_count === 0
  // The first administrator has asked for the console.
  return isFirst && next !== '/admin' && user.bio === null && user.avatar_url === null
    ? withNext('/welcome', next)
    : next
}

export const signInPages = [passwordStep, passkeyStep, factorStep]
