/** A user's connected apps, by the API, on the page and in the export. */
import { describe, expect, it } from 'vitest'
import { forgetAppMap } from '../../src/apps/app-map'
import { atResource } from '../../src/sessions/consented'
import { Visitor, signIn as signInOnPages } from '../pages/visitor'
import { said } from '../support/api'
import {
  appSessionFor,
  codeFor,
  isLive,
  METADATA,
  objectRows,
  otherApp,
  redeem,
  userObject,
} from '../support/app-sessions'
import { makeApp, makeResource } from '../support/apps'
import { MINUTE, pass, stopClock } from '../support/clock'
import { depsFor } from '../support/deps'
import { deliver, eventsOf, holdEvents, watchQueues } from '../support/queues'
import { makeUser, PASSWORD, signedInUser, signIn } from '../support/users'

stopClock()
watchQueues()
holdEvents()

const given = { consent: { mode: 'given', metadataHash: METADATA, atResources: [] } } as const
const HOME = '/account/apps'

const appOf = async (made: Parameters<typeof makeApp>[0] = {}) => ({
  ...otherApp(),
  clientId: (await makeApp(made)).clientId,
})

describe('the list', () => {
  it('names the apps, and one that was deleted by its client id', async () => {
    const ada = await signedInUser()
    const app = await appOf({ name: 'Orders' })
    const deleted = otherApp()
    const since = new Date().toISOString()
    await codeFor(ada, {
      grant: { ...deleted, scopes: ['openid', 'email'] },
      conditions: given,
    })
    pass(30 * MINUTE)
    const at = new Date().toISOString()
    await appSessionFor(ada, { grant: app })
    const { status, body } = await ada.asks('GET', '/users/apps')
    expect(status).toBe(200)
    expect(body).toEqual({
      items: [
        {
          client_id: app.clientId,
          name: 'Orders',
          scopes: ['openid'],
          resources: [],
          since: at,
          last_used_at: at,
        },
        {
          client_id: deleted.clientId,
          name: deleted.clientId,
          scopes: ['openid', 'email'],
          resources: [],
          since,
          last_used_at: since,
        },
      ],
    })
  })

  it('says which API each scope is for, by consent and by live sessions', async () => {
    const [one, two] = [
      await makeResource({
        name: 'Orders',
        scopes: [{ name: 'read', description: 'Read orders' }],
      }),
      await makeResource({ name: 'Mail', scopes: [{ name: 'read' }, { name: 'send' }] }),
    ]
    const [ada, app, gone] = [await signedInUser(), await appOf(), 'https://api.example.org/gone']
    await codeFor(ada, {
      grant: { ...app, scopes: ['openid', 'read'] },
      conditions: {
        consent: {
          mode: 'given',
          metadataHash: METADATA,
          atResources: [atResource('read', one.identifier), atResource('', gone)],
        },
      },
    })
    const more = { scopes: ['openid', 'read', 'send'], resources: [two.identifier] }
    await appSessionFor(ada, { grant: { ...app, ...more } })
    await appSessionFor(ada, { grant: { ...app, ...more } })
    const { body } = await ada.asks('GET', '/users/apps')
    expect(body.items[0].scopes).toEqual(['openid', 'read', 'send'])
    expect(body.items[0].resources).toEqual([
      {
        identifier: one.identifier,
        name: 'Orders',
        scopes: [{ name: 'read', description: 'Read orders' }],
      },
      { identifier: gone, name: gone, scopes: [] },
      {
        identifier: two.identifier,
        name: 'Mail',
        scopes: [
          { name: 'read', description: '' },
          { name: 'send', description: '' },
        ],
      },
    ])
  })

  it('is of the caller alone', async () => {
    const [ada, bea] = [await signedInUser(), await signedInUser()]
    await appSessionFor(ada)
    expect((await bea.asks('GET', '/users/apps')).body).toEqual({ items: [] })
  })
})

describe('disconnecting', () => {
  it('ends everything of the app before it answers', async () => {
    const ada = await signedInUser()
    const app = otherApp()
    const session = await appSessionFor(ada, { grant: app, conditions: given })
    const code = await codeFor(ada, { grant: app, conditions: given })
    expect(said(await ada.asks('DELETE', `/users/apps/${app.clientId}`))).toBe('204')
    expect(await isLive(ada, session)).toBe(false)
    expect(await redeem(ada, code, { clientId: app.clientId })).toEqual({ status: 'invalid' })
    expect((await ada.asks('GET', '/users/apps')).body).toEqual({ items: [] })
    const again = await ada.asks('DELETE', `/users/apps/${app.clientId}`)
    expect(said(again)).toBe('404 not_found')
  })

  it('cannot reach another user’s connection', async () => {
    const [ada, bea] = [await signedInUser(), await signedInUser()]
    const app = otherApp()
    const session = await appSessionFor(ada, { grant: app })
    expect(said(await bea.asks('DELETE', `/users/apps/${app.clientId}`))).toBe('404 not_found')
    expect(await isLive(ada, session)).toBe(true)
  })

  it.each([
    'https://client.example.org/oauth/metadata.json',
    'https://client.example.org/a%2Fb?x=1&y=ü',
  ])('takes a client id that is a URL, percent-encoded: %s', async (clientId) => {
    const ada = await signedInUser()
    await appSessionFor(ada, { grant: { clientId } })
    expect((await ada.asks('GET', '/users/apps')).body.items).toMatchObject([
      { client_id: clientId, name: clientId },
    ])
    const path = `/users/apps/${encodeURIComponent(clientId)}`
    expect(said(await ada.asks('DELETE', path))).toBe('204')
    expect(await objectRows(ada, 'app_sessions')).toEqual([])
  })

  it('50 times at once notifies the app once', async () => {
    const ada = await signedInUser()
    const app = otherApp()
    await appSessionFor(ada, { grant: app, conditions: given })
    await eventsOf(ada.subject)
    const replies = await Promise.all(
      Array.from({ length: 50 }, () => ada.asks('DELETE', `/users/apps/${app.clientId}`)),
    )
    expect(replies.filter(({ status }) => status === 204)).toHaveLength(1)
    const events = (await eventsOf(ada.subject)).map(({ event }) => event)
    expect(events).toEqual(['app.signed_out', 'app.disconnected'])
  })
})

describe('the page', () => {
  async function visiting() {
    const user = await makeUser()
    const visitor = new Visitor()
    await signInOnPages(visitor, user)
    const [session] = await userObject(user).listSessions()
    return { ...user, visitor, sessionId: session?.sid ?? '' }
  }

  it('is in the navigation, and says that there is none', async () => {
    const { visitor } = await visiting()
    expect((await visitor.open('/account/sessions')).html).toContain(`href="${HOME}"`)
    expect((await visitor.open(HOME)).html).toContain('No app uses your account.')
  })

  it('shows name and scopes in words, asks, and disconnects', async () => {
    const resource = await makeResource({
      name: 'Warehouse',
      scopes: [{ name: 'orders:read', description: 'Read your orders' }, { name: 'orders:write' }],
    })
    const resources = [resource.identifier]
    const app = await appOf({ name: '<Orders> & more', resources })
    const ada = await visiting()
    await appSessionFor(ada, {
      grant: { ...app, scopes: ['openid', 'orders:read', 'orders:write'], resources },
    })
    const { html } = await ada.visitor.open(HOME)
    for (const text of [
      '&lt;Orders&gt; &amp; more',
      'Recognize you when you come back',
      'Read your orders <span class="meta">(In Warehouse)</span>',
      'orders:write <span class="meta">(In Warehouse)</span>',
      'data-confirm="Disconnect &lt;Orders&gt; &amp; more?',
      'aria-label="Disconnect &lt;Orders&gt; &amp; more"',
    ]) {
      expect(html).toContain(text)
    }
    const done = await ada.visitor.post(`${HOME}/disconnect`, { client_id: app.clientId })
    expect([done.status, done.to]).toEqual([303, HOME])
    expect((await ada.visitor.follow(done)).html).toContain('The app has been disconnected.')
    expect(await objectRows(ada, 'app_sessions')).toEqual([])
  })

  it('takes no disconnection from another origin', async () => {
    const ada = await visiting()
    const session = await appSessionFor(ada)
    const { status } = await ada.visitor.post(
      `${HOME}/disconnect`,
      { client_id: session.clientId },
      { 'sec-fetch-site': 'cross-site' },
    )
    expect(status).toBe(403)
    expect(await isLive(ada, session)).toBe(true)
  })
})

it('the export has what is connected, and what was used and is over', async () => {
  const ada = await signedInUser()
  const elsewhere = await signIn({ ...ada, password: PASSWORD })
  const [app, over] = [await appOf({ name: 'Orders' }), await appOf({ name: 'Mail' })]
  await appSessionFor(ada, { grant: app })
  const { createdAt } = await appSessionFor(elsewhere, { grant: over })
  await userObject(ada).revokeSession(elsewhere.sessionId, 'signed_out', {
    ip: null,
    country: null,
    userAgent: null,
  })
  await deliver(await eventsOf(ada.subject))
  forgetAppMap(depsFor())
  const { body } = await ada.asks('GET', '/users/export')
  expect(body.connected_apps).toMatchObject([{ client_id: app.clientId, name: 'Orders' }])
  const at = new Date(createdAt).toISOString()
  expect(body.used_apps).toHaveLength(2)
  expect(body.used_apps).toContainEqual({
    client_id: over.clientId,
    name: 'Mail',
    first_at: at,
    last_at: at,
  })
})
