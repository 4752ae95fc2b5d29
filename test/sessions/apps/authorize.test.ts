/** When a user's object issues a code to an app. */
import { describe, expect, it, test } from 'vitest'
import type { AuthorizeConditions } from '../../../src/sessions/app-session-types'
import {
  appSessionFor,
  authorize,
  authorizeRequest,
  codeFor,
  DEVICE,
  METADATA,
  objectRows,
  otherApp,
  redeem,
  stored,
  userObject,
} from '../../support/app-sessions'
import { DAY, MINUTE, pass, SECOND, stopClock } from '../../support/clock'
import { eventsOf, holdEvents, watchQueues } from '../../support/queues'
import { signedInUser } from '../../support/users'

stopClock()
watchQueues()
holdEvents()

const remembered = { mode: 'remembered', metadataHash: METADATA, atResources: [] } as const
const given = { mode: 'given', metadataHash: METADATA, atResources: [] } as const
const ask = { mode: 'ask', metadataHash: METADATA, atResources: [] } as const

const accountStateOf = async (who: { subject: string; sessionId: string }) => {
  const result = await userObject(who).check(who.sessionId, DEVICE)
  if (!result.isLive) throw new Error('not live')
  return result.accountState
}

describe('a code is refused', () => {
  it('without a live session', async () => {
    const ada = await signedInUser()
    await userObject(ada).revokeSession(ada.sessionId, 'signed_out', DEVICE)
    expect(await authorize(ada)).toEqual({ status: 'signed_out' })
  })

  it('for each condition in its order, and writes nothing', async () => {
    const ada = await signedInUser()
    const { roleIds } = await accountStateOf(ada)
    const before = await stored(ada)
    // From the last condition to the first: each is met in the next round no more.
    const rounds: [Partial<AuthorizeConditions>, string][] = [
      [{ consent: remembered }, 'consent'],
      [{ strength: 2 }, 'stronger'],
      [{ authenticatedSince: Date.now() + 1 }, 'reauthenticate'],
      [{ allowedRoleIds: [999] }, 'not_allowed'],
      [{ twoFactorRoleIds: roleIds }, 'required_action'],
    ]
    let conditions: Partial<AuthorizeConditions> = {}
    for (const [more, status] of rounds) {
      conditions = { ...conditions, ...more }
      const result = await authorize(ada, { conditions })
      expect(result).toMatchObject({ status, session: { sid: ada.sessionId } })
    }
    expect(await stored(ada)).toBe(before)
  })

  it('while the password has expired, as any request is', async () => {
    const ada = await signedInUser()
    pass(91 * DAY)
    const live = await userObject(ada).check(ada.sessionId, DEVICE)
    // The session has expired with it; the rule itself is tested on one that has not.
    expect(live.isLive).toBe(false)
    const bea = await signedInUser({ columns: { password_expires_at: Date.now() - 1 } })
    expect(await authorize(bea)).toMatchObject({
      status: 'required_action',
      action: 'password_expired',
    })
  })

  it('when the session has written too much', async () => {
    const ada = await signedInUser()
    for (let n = 0; n < 200; n++) expect((await authorize(ada)).status).toBe('code')
    expect(await authorize(ada)).toMatchObject({ status: 'throttled', retryAfter: 300 })
  })
})

describe('the conditions that are met', () => {
  it('a role of the user, a proof that is new enough, and enough strength', async () => {
    const ada = await signedInUser()
    const { roleIds } = await accountStateOf(ada)
    const conditions = {
      allowedRoleIds: [...roleIds, 999],
      authenticatedSince: Date.now(),
      strength: 1,
      twoFactorRoleIds: [999],
    } as const
    expect((await authorize(ada, { conditions })).status).toBe('code')
    pass(MINUTE)
    const later = { ...conditions, authenticatedSince: Date.now() }
    expect((await authorize(ada, { conditions: later })).status).toBe('reauthenticate')
    await userObject(ada).prove({ sid: ada.sessionId, amr: ['otp'] }, DEVICE)
    const proved = { ...later, strength: 2, twoFactorRoleIds: roleIds } as const
    expect((await authorize(ada, { conditions: proved })).status).toBe('code')
  })

  it('the app learns when and how the user last proved who they are', async () => {
    const ada = await signedInUser()
    pass(MINUTE)
    await userObject(ada).prove({ sid: ada.sessionId, amr: ['otp'] }, DEVICE)
    const proved = Date.now()
    pass(SECOND)
    const code = await codeFor(ada)
    pass(SECOND)
    expect(await redeem(ada, code)).toMatchObject({
      status: 'opened',
      nonce: 'n-1',
      appSession: { authTime: proved, amr: ['pwd', 'otp', 'mfa'], generation: 0 },
    })
  })
})

describe('consent', () => {
  const grant = { scopes: ['openid', 'profile'] }

  it('is remembered for the scopes that were allowed, and for no other', async () => {
    const ada = await signedInUser()
    const consentOf = (scopes: string[], consent: AuthorizeConditions['consent']) =>
      authorize(ada, { grant: { scopes }, conditions: { consent } })
    expect(await consentOf(['openid'], remembered)).toMatchObject({
      status: 'consent',
      remembered: [],
    })
    expect((await consentOf(['openid'], given)).status).toBe('code')
    expect((await consentOf(['openid'], remembered)).status).toBe('code')
    expect(await consentOf(['openid', 'email'], remembered)).toMatchObject({
      status: 'consent',
      remembered: ['openid'],
    })
    expect((await consentOf(['email'], given)).status).toBe('code')
    // Both together: the union was kept.
    expect((await consentOf(['openid', 'email'], remembered)).status).toBe('code')
    expect((await consentOf(['email'], remembered)).status).toBe('code')
  })

  it('is asked for again with prompt=consent, and shows what was allowed', async () => {
    const ada = await signedInUser()
    await authorize(ada, { grant, conditions: { consent: given } })
    expect(await authorize(ada, { grant, conditions: { consent: ask } })).toMatchObject({
      status: 'consent',
      remembered: grant.scopes,
    })
  })

  it('counts for one app only', async () => {
    const ada = await signedInUser()
    await authorize(ada, { grant, conditions: { consent: given } })
    const other = { ...grant, ...otherApp() }
    const result = await authorize(ada, { grant: other, conditions: { consent: remembered } })
    expect(result).toMatchObject({ status: 'consent', remembered: [] })
  })

  it('is void once the app’s metadata have changed, with every scope of before', async () => {
    const ada = await signedInUser()
    const changed = { metadataHash: 'metadata-2', atResources: [] }
    const asked = (mode: 'remembered' | 'given', scopes: string[]) =>
      authorize(ada, { grant: { scopes }, conditions: { consent: { mode, ...changed } } })
    await authorize(ada, { grant, conditions: { consent: given } })
    expect(await asked('remembered', ['openid'])).toMatchObject({ remembered: [] })
    await asked('given', ['openid'])
    expect(await asked('remembered', ['profile'])).toMatchObject({
      status: 'consent',
      remembered: ['openid'],
    })
    const back = await authorize(ada, { grant, conditions: { consent: remembered } })
    expect(back.status).toBe('consent')
  })

  it('is recorded with its scopes, once for each time that it is given', async () => {
    const ada = await signedInUser()
    await authorize(ada, { grant, conditions: { consent: given } })
    await authorize(ada, { grant, conditions: { consent: remembered } })
    const consented = (await eventsOf(ada.subject)).filter(({ event }) => event === 'app.consented')
    const { clientId: client_id } = authorizeRequest().grant
    expect(consented.map(({ data }) => data)).toEqual([{ client_id, scopes: grant.scopes }])
  })

  it('is not given by a session that has written too much', async () => {
    const ada = await signedInUser()
    for (let n = 0; n < 200; n++) await userObject(ada).check(ada.sessionId, DEVICE, 'own')
    const result = await authorize(ada, { grant, conditions: { consent: given } })
    expect(result.status).toBe('throttled')
    expect(await objectRows(ada, 'consents')).toEqual([])
  })

  it('is forgotten beyond 200 apps, the least recently used first', async () => {
    const ada = await signedInUser()
    const apps = Array.from({ length: 201 }, otherApp)
    for (const [n, app] of apps.entries()) {
      if (n % 100 === 0) pass(6 * MINUTE)
      pass(1)
      await codeFor(ada, { grant: app, conditions: { consent: given } })
    }
    const clients = (await objectRows(ada, 'consents')).map((row) => row['client_id'])
    expect(clients).toHaveLength(200)
    expect(clients).not.toContain(apps[0]?.clientId)
  })
})

test('at most 20 codes wait; the oldest gives way', async () => {
  const ada = await signedInUser()
  const codes: string[] = []
  for (let n = 0; n < 21; n++) {
    codes.push(await codeFor(ada))
    pass(1)
  }
  expect(await redeem(ada, codes[0] ?? '')).toEqual({ status: 'invalid' })
  for (const code of codes.slice(1)) expect((await redeem(ada, code)).status).toBe('opened')
})

test('codes that were used do not take the place of those that wait', async () => {
  const ada = await signedInUser()
  for (let n = 0; n < 25; n++) await appSessionFor(ada)
  const waiting = await codeFor(ada)
  for (let n = 0; n < 10; n++) await appSessionFor(ada)
  expect((await redeem(ada, waiting)).status).toBe('opened')
})
