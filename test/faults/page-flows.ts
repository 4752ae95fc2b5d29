/**
 * Pages that act for an app: authorization, the answer to the consent page, a device's code, and the sign-out that an
 * app asks for. To a page a fault is its own 503, which says when to come back (sweep.ts).
 */
import { env } from 'cloudflare:workers'
import { loadConfig } from '../../src/config'
import { signToken } from '../../src/crypto/signed-token'
import { codesFor, deviceApp, poll } from '../app-sign-in/device-flow'
import {
  actionOf,
  authorizePath,
  fieldsOf,
  FROM_APP,
  FROM_US,
  ISSUER,
  refreshOf,
  VERIFIER,
} from '../app-sign-in/flow'
import { redeem, tokensFor } from '../app-tokens/flow'
import { type Shown, Visitor } from '../pages/visitor'
import type { Reply } from '../support/api'
import { objectRows } from '../support/app-sessions'
import { makeApp, type MadeApp } from '../support/apps'
import { type SignedInUser, signedInUser } from '../support/users'
import { type Case, type Flows, isDead } from './flow'
import type { Ask } from './injected'

const POST_LOGOUT = 'https://client.example.org/goodbye'

/** One of each kind for the file: an isolate reads the apps every five seconds, and the clock stands still. */
const made = new Map<string, Promise<MadeApp>>()
function appOf(kind: 'first' | 'third' | 'device'): Promise<MadeApp> {
  const known = made.get(kind)
  if (known) return known
  const app =
    kind === 'device'
      ? deviceApp({ kind: 'web', isFirstParty: false })
      : makeApp({ isFirstParty: kind === 'first', postLogoutRedirectUris: [POST_LOGOUT] })
  made.set(kind, app)
  return app
}

/** A signed-in user, and their browser. */
async function browsing() {
  const user = await signedInUser()
  const { subject, sessionId: sid } = user
  const visitor = new Visitor()
  const token = await signToken(loadConfig(env).TOKEN_KEYS, 'page', { subject, sid })
  visitor.cookies.set('gatehouse', token)
  return { user, visitor }
}

const headersOf = ({ cookies }: Visitor) => ({
  cookie: `gatehouse=${cookies.get('gatehouse') ?? ''}`,
  accept: 'text/html',
})

const opening = (visitor: Visitor, path: string): Ask => ({
  method: 'GET',
  path,
  headers: { ...headersOf(visitor), ...FROM_APP },
})

const posting = (visitor: Visitor, path: string, fields: Record<string, string>): Ask => ({
  method: 'POST',
  path,
  body: new URLSearchParams(fields).toString(),
  headers: {
    ...headersOf(visitor),
    ...FROM_US,
    'content-type': 'application/x-www-form-urlencoded',
  },
})

const shownOf = ({ status, headers, body }: Reply): Shown => ({
  status,
  headers,
  html: String(body),
  to: headers.get('location'),
})

/** Where a page leads: by a redirect, or by itself when it answers a form. */
const leadsTo = (reply: Reply): URL =>
  new URL(reply.headers.get('location') ?? refreshOf(shownOf(reply)) ?? '/', ISSUER)

/** Whether the code that an app gets is good. It is redeemed once, when the app gets it. */
function isGoodCode(app: MadeApp) {
  const known = new Map<string, boolean>()
  return async (reply: Reply): Promise<boolean> => {
    const code = leadsTo(reply).searchParams.get('code') ?? ''
    const isGood =
      known.get(code) ?? (await redeem(app, code, { code_verifier: VERIFIER })).status === 200
    known.set(code, isGood)
    return isGood
  }
}

const count = async (user: SignedInUser, table: string) => (await objectRows(user, table)).length

/** A code without the consent that it needs, or a session that nobody has redeemed a code for. */
const isWholeFor = (user: SignedInUser, needsConsent: boolean) => async (): Promise<boolean> => {
  const codes = await objectRows(user, 'codes')
  const [consents, sessions] = [await count(user, 'consents'), await count(user, 'app_sessions')]
  const isCovered = !needsConsent || (codes.length === 0 && sessions === 0) || consents === 1
  return isCovered && sessions <= codes.filter((code) => code['app_session_id'] !== null).length
}

/** The request of an app that need not ask, or has asked before. */
const authorizing = (kind: 'first' | 'third') => async (): Promise<Case> => {
  const [app, { user, visitor }] = [await appOf(kind), await browsing()]
  if (kind === 'third') await visitor.post(...(await answerTo(visitor, app, 'allow')))
  const ask = opening(visitor, authorizePath(app))
  return { ask, isPage: true, isDone: isGoodCode(app), isWhole: isWholeFor(user, kind === 'third') }
}

/** What the form of the consent page posts. */
async function answerTo(visitor: Visitor, app: MadeApp, decision: 'allow' | 'deny') {
  const page = await visitor.open(authorizePath(app), FROM_APP)
  const path = actionOf(page, '/oauth/consent')
  if (path === undefined) throw new Error(`${page.status} ${page.html}`)
  return [path, { ...fieldsOf(page, '/oauth/consent'), decision }] as const
}

const leavesNothing = (user: SignedInUser) => async (): Promise<boolean> =>
  (await count(user, 'consents')) + (await count(user, 'codes')) === 0

/** What the form of a device's page posts, with a device that waits. */
async function waiting() {
  const [app, { user, visitor }] = [await appOf('device'), await browsing()]
  const codes = await codesFor(app, { scope: 'openid' })
  const page = await visitor.post('/device', { user_code: codes.user_code })
  const fields = fieldsOf(page, '/device/decide')
  return { app, user, visitor, codes, fields }
}

/** A browser that is signed in here and, from here, to an app. */
async function signedInToApp() {
  const [app, { user, visitor }] = [await appOf('first'), await browsing()]
  const { id_token } = await tokensFor(app, user)
  const query = new URLSearchParams({ post_logout_redirect_uri: POST_LOGOUT })
  return { app, user, visitor, query, hint: id_token }
}

export const pageFlows: Flows = {
  'GET /oauth/authorize': authorizing('first'),
  'POST /oauth/authorize': async () => {
    const [app, { user, visitor }] = [await appOf('third'), await browsing()]
    const sent = new URL(authorizePath(app), 'http://localhost').searchParams
    return {
      ask: posting(visitor, '/oauth/authorize', Object.fromEntries(sent)),
      isPage: true,
      isDone: async (reply) => leadsTo(reply).href === `${ISSUER}${authorizePath(app)}`,
      isWhole: leavesNothing(user),
    }
  },
  'POST /oauth/consent': async () => {
    const [app, { user, visitor }] = [await appOf('third'), await browsing()]
    return {
      ask: posting(visitor, ...(await answerTo(visitor, app, 'allow'))),
      isPage: true,
      isDone: isGoodCode(app),
      isWhole: isWholeFor(user, true),
    }
  },
  'POST /device': async () => {
    const { user, visitor, codes } = await waiting()
    return {
      ask: posting(visitor, '/device', { user_code: codes.user_code }),
      isPage: true,
      isDone: async ({ body }) => String(body).includes('action="/device/decide"'),
      isWhole: leavesNothing(user),
    }
  },
  'POST /device/decide': async () => {
    const { app, user, visitor, codes, fields } = await waiting()
    let polled: Promise<Reply> | undefined
    return {
      ask: posting(visitor, '/device/decide', { ...fields, decision: 'allow' }),
      isPage: true,
      // The device's next poll gets its tokens.
      isDone: async () => (await (polled ??= poll(app, codes))).status === 200,
      // What is left of a failed try is the user's consent, and a code that nobody was told.
      isWhole: async () =>
        (await count(user, 'consents')) === Math.min(1, await count(user, 'codes')),
      again: ['422'],
    }
  },
  'GET /oauth/sign-out': async () => {
    const { user, visitor, query, hint } = await signedInToApp()
    if (hint !== undefined) query.set('id_token_hint', hint)
    return {
      ask: opening(visitor, `/oauth/sign-out?${query.toString()}`),
      isPage: true,
      isDone: async (reply) => leadsTo(reply).href === POST_LOGOUT && (await isDead(user)),
      isWhole: async () => (await isDead(user)) === ((await count(user, 'app_sessions')) === 0),
    }
  },
  'POST /oauth/sign-out': async () => {
    const { user, visitor, query } = await signedInToApp()
    return {
      ask: posting(visitor, '/oauth/sign-out', Object.fromEntries(query)),
      isPage: true,
      isDone: async (reply) =>
        leadsTo(reply).href === `${ISSUER}/oauth/sign-out?${query.toString()}`,
      isWhole: async () => !(await isDead(user)),
    }
  },
  'POST /oauth/sign-out/answer': async () => {
    const { user, visitor } = await signedInToApp()
    const page = await visitor.open('/oauth/sign-out', FROM_APP)
    return {
      ask: posting(visitor, '/oauth/sign-out/answer', fieldsOf(page, '/oauth/sign-out/answer')),
      isPage: true,
      isDone: async () => isDead(user),
      isWhole: async () => (await isDead(user)) === ((await count(user, 'app_sessions')) === 0),
    }
  },
}

/** The same addresses in another state, or with another answer. */
export const morePageFlows: Flows = {
  'an app whose consent is remembered': authorizing('third'),
  'the consent page': async () => {
    const [app, { user, visitor }] = [await appOf('third'), await browsing()]
    return {
      ask: opening(visitor, authorizePath(app)),
      isPage: true,
      isDone: async ({ body }) => String(body).includes('action="/oauth/consent?'),
      isWhole: leavesNothing(user),
    }
  },
  'a consent that is refused': async () => {
    const [app, { user, visitor }] = [await appOf('third'), await browsing()]
    return {
      ask: posting(visitor, ...(await answerTo(visitor, app, 'deny'))),
      isPage: true,
      isDone: async (reply) => leadsTo(reply).searchParams.get('error') === 'access_denied',
      isWhole: leavesNothing(user),
    }
  },
  'a device that is refused': async () => {
    const { app, user, visitor, codes, fields } = await waiting()
    return {
      ask: posting(visitor, '/device/decide', { ...fields, decision: 'deny' }),
      isPage: true,
      isDone: async () => (await poll(app, codes)).body.error === 'access_denied',
      isWhole: leavesNothing(user),
      again: ['422'],
    }
  },
  'the page that asks before a sign-out': async () => {
    const { user, visitor, query } = await signedInToApp()
    return {
      ask: opening(visitor, `/oauth/sign-out?${query.toString()}`),
      isPage: true,
      isDone: async ({ body }) => String(body).includes('action="/oauth/sign-out/answer?'),
      isWhole: async () => !(await isDead(user)),
    }
  },
}
