/**
 * The end-session endpoint (OpenID Connect RP-Initiated Logout 1.0). It finds the session itself: a sign-out
 * costs one call to the user's object and no query.
 */
import {
  readSignOut,
  SIGN_OUT,
  SIGN_OUT_ANSWER,
  signOutFor,
  type SignOutRequest,
} from '../../app-logout/sign-out-request'
import { shownName } from '../../apps/shown-name'
import { DomainError } from '../../errors'
import { readForm } from '../../http/body'
import { signOutOf } from '../../sessions/own-sessions'
import { liveSession } from '../../sessions/require-session'
import { Form } from '../components/form'
import type { PageCookie } from '../runtime/cookies'
import { ownerMark } from '../runtime/form-owner'
import { page, type PageAnswer, type PageRequest, redirect, type View } from '../runtime/page'
import { namedSession, visitorOf } from '../runtime/visitor'
import { leadOnTo } from './deliver'
import { SignedInAs } from './views'

const SIGNED_OUT: readonly PageCookie[] = [{ name: 'session', value: null }]

const signOut = page({
  path: SIGN_OUT,
  access: 'anyone',
  isOpenToSites: true,
  actsOnGet: true,
  show: async (request) => {
    const { deps } = request
    const wish = await readSignOut(deps, queryOf(request))
    const session = await namedSession(deps, request.cookie('session'))
    if (!session || (await signOutFor(deps, session.sid, wish)) !== 'ask') {
      return finish(request, wish)
    }
    return ask(request, wish, session.sid)
  },
  // From an app's own site, which the session's cookie does not follow (SameSite=Lax): the browser comes again.
  act: async (request) => redirect(addressOf(await readForm(request.request))),
})

/** The answer of the page that asks. Only our own pages can send it. */
const answer = page({
  path: SIGN_OUT_ANSWER,
  access: 'anyone',
  show: (request) => redirect(addressOf(queryOf(request))),
  act: async (request) => {
    const { deps } = request
    const wish = await readSignOut(deps, queryOf(request))
    const session = await namedSession(deps, request.cookie('session'))
    if (!session) return finish(request, wish)
    const visitor = await visitorIf(request, session.sid)
    if (!visitor) return finish(request, wish)
    // It was shown to another user than the one who is signed in now.
    if (request.mark !== (await ownerMark(visitor))) return redirect(addressOf(queryOf(request)))
    await signOutOf(deps, visitor.principal)
    return finish(request, wish)
  },
})

const queryOf = ({ request }: PageRequest): URLSearchParams => new URL(request.url).searchParams
const addressOf = (query: URLSearchParams): string => {
  const text = query.toString()
  return text === '' ? SIGN_OUT : `${SIGN_OUT}?${text}`
}

/** The user of the session; undefined if it is over. */
async function visitorIf({ deps }: PageRequest, sid: string) {
  try {
    return await visitorOf(deps, await liveSession(deps, sid))
  } catch (error) {
    if (error instanceof DomainError && error.code === 'invalid_access_token') return undefined
    throw error
  }
}

async function ask(request: PageRequest, wish: SignOutRequest, sid: string): Promise<PageAnswer> {
  const visitor = await visitorIf(request, sid)
  // The session has ended in the meantime.
  if (!visitor) return finish(request, wish)
  const { signOut: words } = request.as(visitor).texts.oauth
  const { app, returnTo } = wish
  return {
    visitor,
    title: words.title,
    lead: app ? words.leadOf(shownName(app)) : words.lead,
    // The language switch would lose the hint, which is longer than any address that it goes back to.
    hidesFooter: true,
    main: (
      <>
        <SignedInAs user={visitor.user} />
        <Form
          action={SIGN_OUT_ANSWER + new URL(request.request.url).search}
          submit={words.submit}
          isWide
        />
        <p class="actions">
          <a class="button quiet wide" href={returnTo ?? '/account'} rel="noreferrer">
            {words.stay}
          </a>
        </p>
      </>
    ),
  }
}

/** The user is signed out, or was not signed in: back to the app, if it may be. */
function finish(request: PageRequest, { app, returnTo }: SignOutRequest): PageAnswer {
  if (returnTo === undefined || !app) return goneView(request)
  // Chromium stops a redirect to another site that follows a form of ours (pages/oauth/deliver.tsx).
  const isRedirect =
    /^https?:/i.test(returnTo) && request.request.headers.get('sec-fetch-site') !== 'same-origin'
  return isRedirect
    ? redirect(returnTo, { cookies: SIGNED_OUT })
    : { ...goneView(request), ...leadOnTo(request.texts, shownName(app), returnTo) }
}

const goneView = ({ texts: { oauth } }: PageRequest): View => ({
  title: oauth.signOut.gone.title,
  lead: oauth.signOut.gone.lead,
  cookies: SIGNED_OUT,
  main: (
    <p class="actions">
      <a class="button quiet wide" href="/sign-in">
        {oauth.signOut.gone.signIn}
      </a>
    </p>
  ),
})

export const signOutPages = [signOut, answer]
