/** An app that signs its users in here, as far as the browser sees it. */
import { env } from 'cloudflare:workers'
import { expect } from 'vitest'
import { forgetAppMap } from '../../src/apps/app-map'
import { decryptToken } from '../../src/crypto/encrypted-token'
import type { AppRow } from '../../src/tables/apps'
import type { Shown, Visitor } from '../pages/visitor'
import { makeApp, type MadeApp, REDIRECT_URI } from '../support/apps'
import { depsFor } from '../support/deps'

export const ISSUER = 'http://localhost:8787'
export const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
/** RFC 7636 appendix B. */
export const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
export const STATE = 'a state of the app & more'

type Parameters = Readonly<Record<string, string | undefined>>

/** The parameters of a request that is right; undefined leaves one out. */
export function parametersOf({ clientId }: MadeApp, more: Parameters = {}): URLSearchParams {
  const all: Parameters = {
    client_id: clientId,
    response_type: 'code',
    redirect_uri: REDIRECT_URI,
    scope: 'openid',
    state: STATE,
    nonce: 'a nonce',
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
    ...more,
  }
  const sent = new URLSearchParams()
  for (const [name, value] of Object.entries(all)) if (value !== undefined) sent.set(name, value)
  return sent
}

export const authorizePath = (app: MadeApp, more?: Parameters): string =>
  `/oauth/authorize?${parametersOf(app, more).toString()}`

/** As the app's site sends its user here. */
export const FROM_APP = { 'sec-fetch-site': 'cross-site' }
/** As one of our own forms leads there. */
export const FROM_US = { 'sec-fetch-site': 'same-origin' }

/** Opens an app's request. */
export const ask = (
  visitor: Visitor,
  app: MadeApp,
  more?: Parameters,
  headers: Record<string, string> = FROM_APP,
): Promise<Shown> => visitor.open(authorizePath(app, more), headers)

/** An app of somebody else's, which has to ask for consent. */
export const thirdParty = (made: Partial<AppRow> = {}): Promise<MadeApp> =>
  makeApp({ isFirstParty: false, name: 'Third & Co', ...made })

/** What an app learns by a redirect. Fails if it is not one to the app. */
export function answered(shown: Shown, redirectUri = REDIRECT_URI): Record<string, string> {
  expect([shown.status, shown.to]).toEqual([303, expect.stringContaining(redirectUri)])
  return answerIn(shown.to ?? '', redirectUri)
}

export function answerIn(address: string, redirectUri = REDIRECT_URI): Record<string, string> {
  const url = new URL(address)
  expect(address.startsWith(redirectUri)).toBe(true)
  return Object.fromEntries(url.searchParams)
}

/** Where a page leads on by itself. */
export const refreshOf = ({ html }: Shown): string | undefined =>
  unescaped(/<meta http-equiv="refresh" content="0;url=([^"]*)"/.exec(html)?.[1])

export const unescaped = (text: string | undefined): string | undefined =>
  text?.replaceAll('&amp;', '&').replaceAll('&quot;', '"').replaceAll('&#39;', "'")

/** Hidden fields of the form with this action. */
export function fieldsOf({ html }: Pick<Shown, 'html'>, action: string): Record<string, string> {
  const form = html
    .split('<form')
    .find((each) => unescaped(/action="([^"]*)"/.exec(each)?.[1])?.startsWith(action))
  const inputs = form?.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g) ?? []
  return Object.fromEntries(
    [...inputs].map(([, name = '', value]) => [name, unescaped(value) ?? '']),
  )
}

/** Where the form that begins with this action is posted to. */
export const actionOf = ({ html }: Shown, action: string): string | undefined =>
  [...html.matchAll(/<form\b[^>]*\baction="([^"]*)"/g)]
    .map(([, found]) => unescaped(found))
    .find((found) => found?.startsWith(action))

/** Answers a consent page. */
export const decide = (visitor: Visitor, page: Shown, decision: 'allow' | 'deny') =>
  visitor.post(actionOf(page, '/oauth/consent') ?? '/not-found', {
    ...fieldsOf(page, '/oauth/consent'),
    decision,
  })

export const codeIn = (code: string | undefined) =>
  decryptToken(depsFor().config.TOKEN_KEYS, 'code', code ?? '')

/** Changes an app, as an admin does. */
export async function changeApp({ clientId }: MadeApp, sets: string): Promise<void> {
  await env.DB.prepare(`UPDATE apps SET ${sets} WHERE client_id = ?`).bind(clientId).run()
  forgetAppMap(depsFor())
}
