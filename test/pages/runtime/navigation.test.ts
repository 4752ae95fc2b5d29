/** What a GET may change: nothing, but for two addresses of apps, and there only for a user who goes there. */
import { beforeAll, describe, expect, it, test } from 'vitest'
import { signToken } from '../../../src/crypto/signed-token'
import { pages } from '../../../src/pages/pages'
import { answered, authorizePath, decide, FROM_APP, thirdParty } from '../../app-sign-in/flow'
import { rowsOf } from '../../db/rows'
import { objectRows } from '../../support/app-sessions'
import { makeApp } from '../../support/apps'
import { depsFor } from '../../support/deps'
import { type SignedInUser, signedInUser } from '../../support/users'
import { fetchWith } from '../../support/worker'
import { Visitor } from '../visitor'

async function browserOf({ subject, sessionId: sid }: SignedInUser): Promise<Visitor> {
  const visitor = new Visitor()
  const { TOKEN_KEYS } = depsFor().config
  visitor.cookies.set('gatehouse', await signToken(TOKEN_KEYS, 'page', { subject, sid }))
  return visitor
}

/** Every row of D1, but for the log of what admins looked at. */
async function stored(): Promise<Record<string, unknown>> {
  const tables = await rowsOf<{ name: string }>(
    `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB '*_*search*'
      AND name NOT GLOB '_cf*' AND name NOT GLOB 'users_search*'
      AND name NOT IN ('audit_log', 'd1_migrations', 'sqlite_sequence')`,
  )
  const contents = tables.map(async ({ name }) => [name, await rowsOf(`SELECT * FROM "${name}"`)])
  return Object.fromEntries(await Promise.all(contents))
}

const OF_OBJECT = ['sessions', 'codes', 'app_sessions', 'consents', 'challenges']
const inObject = (user: SignedInUser) =>
  Promise.all(OF_OBJECT.map((table) => objectRows(user, table)))

let admin: SignedInUser
beforeAll(async () => {
  admin = await signedInUser({ roles: ['admin'] })
})

const AHEAD = [
  ['sec-purpose', 'prefetch'],
  ['sec-purpose', 'prefetch;prerender'],
  ['purpose', 'prefetch'],
  ['x-purpose', 'preview'],
  ['x-moz', 'prefetch'],
] as const

test.each(pages.filter(({ actsOnGet }) => !actsOnGet))(
  'a GET of $path changes nothing',
  async ({ path }) => {
    const visitor = await browserOf(admin)
    const before = [await stored(), await inObject(admin)]
    const { status } = await visitor.open(
      path.replace(':id', String(admin.id)).replace(':name', 'moderator'),
    )
    expect(status).toBeLessThan(500)
    expect([await stored(), await inObject(admin)]).toEqual(before)
  },
)

it('two addresses act on a GET', () => {
  const acting = pages.filter(({ actsOnGet }) => actsOnGet).map(({ path }) => path)
  expect(acting).toEqual(['/oauth/authorize', '/oauth/sign-out'])
})

describe.each(['first-party', 'consented'])('an app that needs not ask (%s)', (kind) => {
  async function ready() {
    const user = await signedInUser()
    const app = kind === 'consented' ? await thirdParty() : await makeApp()
    const visitor = await browserOf(user)
    const { clientId } = app
    if (kind === 'consented') {
      const page = await visitor.open(authorizePath(app), FROM_APP)
      await decide(visitor, page, 'allow')
      expect(await objectRows(user, 'consents')).toMatchObject([{ client_id: clientId }])
    }
    return { user, visitor, path: authorizePath(app) }
  }

  it.each(AHEAD)('gets no code for a page that is loaded ahead (%s: %s)', async (name, value) => {
    const { user, visitor, path } = await ready()
    const before = await inObject(user)
    const shown = await visitor.open(path, { ...FROM_APP, [name]: value })
    expect([shown.status, shown.to, shown.headers.get('cache-control')]).toEqual([
      503,
      null,
      'no-store',
    ])
    expect(await inObject(user)).toEqual(before)
    // The user goes there.
    expect(answered(await visitor.open(path, FROM_APP))).toHaveProperty('code')
    expect(await inObject(user)).not.toEqual(before)
  })

  it('gets none for a HEAD, which tells nothing of the user', async () => {
    const { user, visitor, path } = await ready()
    const before = await inObject(user)
    const cookie = `gatehouse=${visitor.cookies.get('gatehouse') ?? ''}`
    const heads = await Promise.all(
      [{ cookie }, {}].map((headers) => fetchWith({}, path, { method: 'HEAD', headers })),
    )
    for (const head of heads) {
      expect([head.status, head.headers.get('location')]).toEqual([200, null])
      expect(head.headers.get('content-security-policy')).toContain("default-src 'none'")
      expect(head.headers.get('cache-control')).toBe('no-store')
    }
    expect(await inObject(user)).toEqual(before)
  })
})
