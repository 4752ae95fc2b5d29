/**
 * The plans "RP-Initiated Logout OP" (oidcc-rp-initiated-logout-certification-test-plan) and "Back-Channel OP"
 * (oidcc-backchannel-rp-initiated-logout-certification-test-plan) of the OpenID Foundation's conformance suite,
 * a test for each of their modules, by name.
 */
import { base64url, CompactSign, generateKeyPair } from 'jose'
import { describe, expect, test } from 'vitest'
import {
  deliveriesTo,
  listeningApp,
  makeDue,
  POST_LOGOUT,
  sweep,
  tokensOf,
  withReceiver,
} from '../app-logout/desk'
import { actionOf, answerIn, fieldsOf, refreshOf } from '../app-sign-in/flow'
import { type Shown, signedIn, type Visitor } from '../pages/visitor'
import { get } from '../support/api'
import { RelyingParty } from './relying-party'

withReceiver()

const STATE = 'logout state'

async function signedInUser() {
  const rp = await RelyingParty.register({ postLogoutRedirectUris: [POST_LOGOUT] })
  const { visitor } = await signedIn()
  const { tokens, id } = await rp.signIn(visitor)
  return { rp, visitor, tokens, id }
}

/** Sends the user to the end session endpoint. */
const signOut = (rp: RelyingParty, visitor: Visitor, parameters: Record<string, string>) =>
  visitor.open(`${rp.path('end_session_endpoint')}?${new URLSearchParams(parameters).toString()}`, {
    'sec-fetch-site': 'cross-site',
  })

/** The user is signed out, says the next request with prompt=none. */
async function isSignedOut(rp: RelyingParty, visitor: Visitor): Promise<boolean> {
  const request = rp.request({ prompt: 'none' })
  const told = await rp.answer(visitor, await rp.send(visitor, request), request)
  return told['error'] === 'login_required'
}

/** The page must ask, and must not lead back to the app; its button signs out. */
async function asksAndSignsOut(rp: RelyingParty, visitor: Visitor, shown: Shown): Promise<void> {
  expect([shown.status, shown.to, refreshOf(shown)]).toEqual([200, null, undefined])
  expect(await isSignedOut(rp, visitor)).toBe(false)
  const action = actionOf(shown, '/oauth/sign-out')
  const done = await visitor.post(action ?? '/not-found', fieldsOf(shown, '/oauth/sign-out'))
  expect([done.status, done.to, refreshOf(done)]).toEqual([200, null, undefined])
  expect(await isSignedOut(rp, visitor)).toBe(true)
}

test('oidcc-rp-initiated-logout-discovery-endpoint-verification', async () => {
  const { body } = await get('/.well-known/openid-configuration')
  expect(body.end_session_endpoint).toBe(`${body.issuer}/oauth/sign-out`)
})

describe('RP-initiated logout', () => {
  test('oidcc-rp-initiated-logout', async () => {
    const { rp, visitor, tokens } = await signedInUser()
    const shown = await signOut(rp, visitor, {
      id_token_hint: tokens.id_token,
      post_logout_redirect_uri: POST_LOGOUT,
      state: STATE,
    })
    expect(shown.status).toBe(303)
    expect(answerIn(shown.to ?? '', POST_LOGOUT)).toEqual({ state: STATE })
    expect(await isSignedOut(rp, visitor)).toBe(true)
  })

  test('oidcc-rp-initiated-logout-bad-post-logout-redirect-uri', async () => {
    const { rp, visitor, tokens } = await signedInUser()
    const shown = await signOut(rp, visitor, {
      id_token_hint: tokens.id_token,
      post_logout_redirect_uri: `${POST_LOGOUT}/other`,
      state: STATE,
    })
    expect([shown.to, refreshOf(shown)]).toEqual([null, undefined])
    expect(shown.html).not.toContain(POST_LOGOUT)
  })

  test('oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri', async () => {
    const { rp, visitor, tokens } = await signedInUser()
    const shown = await signOut(rp, visitor, {
      id_token_hint: tokens.id_token,
      post_logout_redirect_uri: `${POST_LOGOUT}?foo=bar`,
      state: STATE,
    })
    expect([shown.to, refreshOf(shown)]).toEqual([null, undefined])
    expect(shown.html).not.toContain(POST_LOGOUT)
  })

  test('oidcc-rp-initiated-logout-bad-id-token-hint', async () => {
    const { rp, visitor, tokens } = await signedInUser()
    const [head = '', payload = ''] = tokens.id_token.split('.')
    const { privateKey } = await generateKeyPair('RS256')
    const header = JSON.parse(new TextDecoder().decode(base64url.decode(head)))
    // Ours, signed by somebody else under the name of our key.
    const forged = await new CompactSign(base64url.decode(payload))
      .setProtectedHeader(header)
      .sign(privateKey)
    const shown = await signOut(rp, visitor, {
      id_token_hint: forged,
      post_logout_redirect_uri: POST_LOGOUT,
      state: STATE,
    })
    await asksAndSignsOut(rp, visitor, shown)
  })

  test('oidcc-rp-initiated-logout-modified-id-token-hint', async () => {
    const { rp, visitor, tokens } = await signedInUser()
    const [, payload] = tokens.id_token.split('.')
    const shown = await signOut(rp, visitor, {
      id_token_hint: `eyJhbGciOiJub25lIn0.${payload}.`,
      post_logout_redirect_uri: POST_LOGOUT,
      state: STATE,
    })
    await asksAndSignsOut(rp, visitor, shown)
  })

  test('oidcc-rp-initiated-logout-no-id-token-hint', async () => {
    const { rp, visitor } = await signedInUser()
    const parameters = { post_logout_redirect_uri: POST_LOGOUT, state: STATE }
    await asksAndSignsOut(rp, visitor, await signOut(rp, visitor, parameters))
  })

  test('oidcc-rp-initiated-logout-no-params', async () => {
    const { rp, visitor } = await signedInUser()
    await asksAndSignsOut(rp, visitor, await signOut(rp, visitor, {}))
  })

  test('oidcc-rp-initiated-logout-no-post-logout-redirect-uri', async () => {
    const { rp, visitor, tokens } = await signedInUser()
    const parameters = { id_token_hint: tokens.id_token, state: STATE }
    const shown = await signOut(rp, visitor, parameters)
    expect([shown.status, shown.to]).toEqual([200, null])
    expect(await isSignedOut(rp, visitor)).toBe(true)
  })

  test('oidcc-rp-initiated-logout-no-state', async () => {
    const { rp, visitor, tokens } = await signedInUser()
    const shown = await signOut(rp, visitor, {
      id_token_hint: tokens.id_token,
      post_logout_redirect_uri: POST_LOGOUT,
    })
    expect([shown.status, shown.to]).toEqual([303, POST_LOGOUT])
    expect(await isSignedOut(rp, visitor)).toBe(true)
  })

  test('oidcc-rp-initiated-logout-only-state', async () => {
    const { rp, visitor } = await signedInUser()
    await asksAndSignsOut(rp, visitor, await signOut(rp, visitor, { state: STATE }))
  })
})

describe('back-channel logout', () => {
  test('oidcc-backchannel-logout-discovery-endpoint-verification', async () => {
    const { body } = await get('/.well-known/openid-configuration')
    expect(body).toMatchObject({
      backchannel_logout_supported: true,
      backchannel_logout_session_supported: true,
      end_session_endpoint: `${body.issuer}/oauth/sign-out`,
    })
  })

  test('oidcc-backchannel-rp-initiated-logout', async () => {
    const listening = await listeningApp('ok', { pkce: 'optional' })
    const rp = await RelyingParty.of(listening)
    const { visitor } = await signedIn()
    const { tokens, id } = await rp.signIn(visitor)
    const shown = await signOut(rp, visitor, {
      id_token_hint: tokens.id_token,
      post_logout_redirect_uri: POST_LOGOUT,
      state: STATE,
    })
    expect(answerIn(shown.to ?? '', POST_LOGOUT)).toEqual({ state: STATE })
    await deliveriesTo(listening)
    await makeDue()
    await sweep()
    const [token, ...more] = await tokensOf(listening)
    expect(more).toEqual([])
    expect(token).toMatchObject({ sub: id.sub, sid: id['sid'] })
    expect(token).not.toHaveProperty('nonce')
    expect(token?.['events']).toEqual({
      'http://schemas.openid.net/event/backchannel-logout': {},
    })
    expect(await isSignedOut(rp, visitor)).toBe(true)
  })
})
