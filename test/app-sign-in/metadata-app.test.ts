/** Apps with a client id metadata document, from the request to the tokens, and what their publishers could try. */
import { decodeJwt } from 'jose'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { forgetAppMap } from '../../src/apps/app-map'
import { forgetDocuments } from '../../src/apps/document-cache'
import { postForm, refreshWith } from '../app-tokens/flow'
import { rowsOf } from '../db/rows'
import { type Shown, signedIn, Visitor } from '../pages/visitor'
import { makeResource } from '../support/apps'
import { HOUR, MINUTE, pass, stopClock } from '../support/clock'
import { depsFor } from '../support/deps'
import { DOCUMENT_REDIRECT, type PublishedDocument, publishDocument } from '../support/documents'
import { textOf } from './device-flow'
import { answerIn, ask, authorizePath, decide, refreshOf, VERIFIER } from './flow'

stopClock()

beforeEach(() => {
  // Past the budgets of earlier tests.
  pass(HOUR)
  vi.spyOn(console, 'warn').mockImplementation(() => undefined)
})

const REDIRECT = { redirect_uri: DOCUMENT_REDIRECT }
/** A native app listens on any port. */
const PORT = { redirect_uri: DOCUMENT_REDIRECT.replace('127.0.0.1', '127.0.0.1:49152') }
const asApp = ({ clientId }: PublishedDocument) => ({ clientId, secret: null })
const redeem = (document: PublishedDocument, code: string | undefined, more = {}) =>
  postForm(
    '/oauth/token',
    { grant_type: 'authorization_code', code, code_verifier: VERIFIER, ...REDIRECT, ...more },
    asApp(document),
  )
const rowOf = ({ clientId }: PublishedDocument) =>
  rowsOf(`SELECT source, name, disabled_at FROM apps WHERE client_id = '${clientId}'`)

async function codeOf(document: PublishedDocument, visitor: Visitor, more = {}): Promise<string> {
  const page = await ask(visitor, asApp(document), { ...REDIRECT, ...more })
  const uri = { ...REDIRECT, ...more }.redirect_uri
  const shown = page.status === 200 ? await decide(visitor, page, 'allow') : page
  return heard(shown, uri)['code'] ?? ''
}

/** What the app hears, by a redirect or by the page that leads on to it. */
const heard = (shown: Shown, uri = DOCUMENT_REDIRECT): Record<string, string> =>
  answerIn(shown.to ?? refreshOf(shown) ?? '', uri)

/** What the user sees is a page, and the app hears nothing. */
function refusedOnPage(shown: Shown, text: RegExp): void {
  expect([shown.to, textOf(shown)]).toEqual([null, expect.stringMatching(text)])
  expect(shown.html).not.toContain(DOCUMENT_REDIRECT)
}

describe('a user who is sent by such an app', () => {
  it('sees who published it and where it leads, and decides', async () => {
    const document = await publishDocument()
    const { visitor } = await signedIn()
    const page = await ask(visitor, asApp(document), PORT)
    expect(page.status).toBe(200)
    const text = textOf(page)
    for (const part of [
      'Allow Notes to use your account?',
      `publisher: ${new URL(document.clientId).host}`,
      'taken to 127.0.0.1:49152',
      'a program on your own computer',
    ]) {
      expect(text).toContain(part)
    }
    expect(await rowOf(document)).toEqual([])
    const answer = heard(await decide(visitor, page, 'deny'), PORT.redirect_uri)
    expect(answer['error']).toBe('access_denied')
    expect(await rowOf(document)).toEqual([])
  })

  it('gets tokens for it, and admins see it from then on', async () => {
    const document = await publishDocument()
    const { visitor } = await signedIn()
    const { status, body } = await redeem(document, await codeOf(document, visitor))
    expect(status).toBe(200)
    expect(decodeJwt(body.id_token)).toMatchObject({ aud: document.clientId })
    expect(decodeJwt(body.access_token)).toMatchObject({ client_id: document.clientId })
    await vi.waitFor(async () =>
      expect(await rowOf(document)).toEqual([
        { source: 'metadata', name: 'Notes', disabled_at: null },
      ]),
    )
    // For public apps each refresh token is good once.
    const refreshed = await refreshWith(asApp(document), body.refresh_token)
    expect(refreshed.status).toBe(200)
    expect(refreshed.body.refresh_token).not.toBe(body.refresh_token)
  })

  it('is not asked again, until the document changes in what they saw', async () => {
    const redirect_uri = 'https://notes.example.org/cb'
    const document = await publishDocument({ redirect_uris: [redirect_uri] })
    const { visitor } = await signedIn()
    await codeOf(document, visitor, { redirect_uri })
    const ask2 = async () => (await ask(visitor, asApp(document), { redirect_uri })).status
    expect(await ask2()).toBe(303)
    await document.publish({ client_name: 'Your bank', redirect_uris: [redirect_uri] })
    // The old document is kept for ten minutes.
    expect(await ask2()).toBe(303)
    pass(11 * MINUTE)
    expect(await ask2()).toBe(200)
    await document.publish({ redirect_uris: [redirect_uri, 'https://evil.example.org/cb'] })
    pass(11 * MINUTE)
    expect(await ask2()).toBe(200)
  })

  it('sees its address, and not the name that it gave itself, wherever the publisher is not named', async () => {
    const document = await publishDocument({ client_name: 'Your bank' })
    const { host } = new URL(document.clientId)
    const { visitor } = await signedIn()
    const choosing = await ask(visitor, asApp(document), { ...REDIRECT, prompt: 'select_account' })
    const going = await decide(visitor, await ask(visitor, asApp(document), REDIRECT), 'allow')
    await redeem(document, heard(going)['code'])
    await vi.waitFor(async () => expect(await rowOf(document)).toHaveLength(1))
    forgetAppMap(depsFor())
    const connected = await visitor.open('/account/apps')
    expect([choosing, going, connected].map((page) => textOf(page).includes(host))).toEqual([
      true,
      true,
      true,
    ])
    expect([choosing, going].some((page) => page.html.includes('Your bank'))).toBe(false)
    expect(connected.html).toContain('Your bank')
  })

  it('is asked each time if another program on their device could pass for it', async () => {
    const document = await publishDocument()
    const { visitor } = await signedIn()
    await codeOf(document, visitor)
    const again = await ask(visitor, asApp(document), REDIRECT)
    expect([again.status, again.to]).toEqual([200, null])
    expect(again.html).toContain('already allowed')
    const silent = { ...REDIRECT, prompt: 'none' }
    const { error } = heard(await ask(visitor, asApp(document), silent))
    expect(error).toBe('consent_required')
  })

  it('gives it a resource that was opened to such apps, and no other', async () => {
    const [open, closed] = [
      await makeResource({ isOpenToMetadataApps: true, scopes: [{ name: 'notes:read' }] }),
      await makeResource({ scopes: [{ name: 'pay:all' }] }),
    ]
    const document = await publishDocument()
    const { visitor } = await signedIn()
    const wants = (resource: string, scope: string) => ({ resource, scope, ...REDIRECT })
    const refused = await ask(visitor, asApp(document), wants(closed.identifier, 'pay:all'))
    // A user is signed in, but nothing was found out by it: the app hears nothing.
    refusedOnPage(refused, /invalid_target/)
    const code = await codeOf(document, visitor, wants(open.identifier, 'notes:read'))
    const { body } = await redeem(document, code, { resource: open.identifier })
    expect(decodeJwt(body.access_token)).toMatchObject({
      aud: open.identifier,
      scope: 'notes:read',
    })
  })

  it('signs in first, without the app hearing anything', async () => {
    const document = await publishDocument()
    const path = authorizePath(asApp(document), REDIRECT)
    const { to } = await new Visitor().open(path)
    expect(to).toMatch(/^\/sign-in\?next=/)
    const silent = await ask(new Visitor(), asApp(document), { ...REDIRECT, prompt: 'none' })
    refusedOnPage(silent, /login_required/)
  })
})

describe('a request that is refused on a page', () => {
  it.each<[string, Record<string, string>, RegExp]>([
    [
      'a redirect URI that is not in the document',
      { redirect_uri: 'https://evil.example.org/cb' },
      /isn’t registered/,
    ],
    [
      'a redirect URI of another host',
      { redirect_uri: 'http://localhost/callback' },
      /isn’t registered/,
    ],
    [
      'another path on the loopback',
      { redirect_uri: 'http://127.0.0.1:5000/other' },
      /isn’t registered/,
    ],
    ['no PKCE', { ...REDIRECT, code_challenge: '', code_challenge_method: '' }, /code_challenge/],
  ])('%s', async (_, more, text) => {
    refusedOnPage(await ask(new Visitor(), asApp(await publishDocument()), more), text)
  })

  it('a document that is wrong: its publisher reads why', async () => {
    const document = await publishDocument({ jwks_uri: 'https://notes.example.org/keys' })
    const shown = await ask(new Visitor(), asApp(document), REDIRECT)
    expect(shown.status).toBe(400)
    refusedOnPage(shown, /invalid_client: The metadata document: jwks_uri: is not supported/)
  })

  it('a host that is down: later it may work', async () => {
    const document = await publishDocument({}, { status: 500 })
    const shown = await ask(new Visitor(), asApp(document), REDIRECT)
    expect([shown.status, shown.headers.get('retry-after')]).toEqual([503, '30'])
    const { status, body } = await redeem(document, 'x')
    expect([status, body.error]).toEqual([503, 'temporarily_unavailable'])
  })

  it('never shows markup of a document', async () => {
    const document = await publishDocument({ client_name: '<img src=x onerror=alert(1)>' })
    const { visitor } = await signedIn()
    const { html } = await ask(visitor, asApp(document), REDIRECT)
    expect(html).not.toContain('<img src=x')
    expect(html).toContain('&lt;img src=x')
  })
})

describe('a document that changes between authorize and token', () => {
  it('does not give the code to another client', async () => {
    const [document, thief] = [await publishDocument(), await publishDocument()]
    const { visitor } = await signedIn()
    const code = await codeOf(document, visitor)
    const { status, body } = await redeem(thief, code)
    expect([status, body.error]).toEqual([400, 'invalid_grant'])
    await thief.publish({ client_id: document.clientId })
    expect((await redeem(document, code)).status).toBe(200)
  })

  it('demands the keys that it names now', async () => {
    const document = await publishDocument({ redirect_uris: ['https://notes.example.org/cb'] })
    const { visitor } = await signedIn()
    const uri = { redirect_uri: 'https://notes.example.org/cb' }
    const tokens = await redeem(document, await codeOf(document, visitor, uri), uri)
    expect(tokens.status).toBe(200)
    const key = { kty: 'EC', crv: 'P-256', x: 'a'.repeat(43), y: 'b'.repeat(43) }
    await document.publish({
      redirect_uris: ['https://notes.example.org/cb'],
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [key] },
    })
    pass(11 * MINUTE)
    const { status, body } = await refreshWith(asApp(document), tokens.body.refresh_token)
    expect([status, body.error]).toEqual([401, 'invalid_client'])
  })

  it('that is gone ends the app at the token endpoint', async () => {
    const document = await publishDocument()
    const { visitor } = await signedIn()
    const tokens = await redeem(document, await codeOf(document, visitor))
    await document.answer({ status: 410 })
    pass(11 * MINUTE)
    const { status, body } = await refreshWith(asApp(document), tokens.body.refresh_token)
    expect([status, body.error]).toEqual([401, 'invalid_client'])
  })
})

it('an app that an admin disabled can do nothing, whatever its document says', async () => {
  const document = await publishDocument()
  const { visitor } = await signedIn()
  const { body } = await redeem(document, await codeOf(document, visitor))
  await vi.waitFor(async () => expect(await rowOf(document)).toHaveLength(1))
  await rowsOf(`UPDATE apps SET disabled_at = 1 WHERE client_id = '${document.clientId}'`)
  forgetAppMap(depsFor())
  refusedOnPage(await ask(visitor, asApp(document), REDIRECT), /This app is disabled/)
  expect((await refreshWith(asApp(document), body.refresh_token)).status).toBe(401)
  const userinfo = await postForm('/oauth/userinfo', {}, null, {
    authorization: `Bearer ${body.access_token}`,
  })
  expect(userinfo.status).toBe(401)
})

it('userinfo of its tokens asks its host nothing', async () => {
  const document = await publishDocument()
  const { visitor } = await signedIn()
  const { body } = await redeem(document, await codeOf(document, visitor))
  forgetDocuments(depsFor())
  await document.answer({ how: 'hang' })
  const before = (await document.asked()).length
  const userinfo = await postForm('/oauth/userinfo', {}, null, {
    authorization: `Bearer ${body.access_token}`,
  })
  expect(userinfo.status).toBe(200)
  expect((await document.asked()).length).toBe(before)
})
