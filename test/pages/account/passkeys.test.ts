/** The pages of passkeys, with a software authenticator in place of the browser's part. */
import { describe, expect, test } from 'vitest'
import { rowsOf } from '../../db/rows'
import { SoftwareAuthenticator } from '../../support/authenticator'
import { ORIGIN } from '../../support/passkeys'
import { part, type Shown, signedIn, Visitor } from '../visitor'

const HOME = '/account/passkeys'

/** Options as the script fetches them, and the fields that it posts. */
async function made(visitor: Visitor, authenticator: SoftwareAuthenticator, how = {}, query = '') {
  const { html, status } = await visitor.post(`${HOME}/options${query}`)
  expect(status).toBe(200)
  const { publicKey, challenge_token } = JSON.parse(html)
  const credential = await authenticator.create(publicKey, { origin: ORIGIN, ...how })
  return { passkey_challenge: challenge_token, passkey_credential: JSON.stringify(credential) }
}

async function used(visitor: Visitor, authenticator: SoftwareAuthenticator, path: string) {
  const { html } = await visitor.post(path)
  const { publicKey, challenge_token } = JSON.parse(html)
  const credential = await authenticator.get(publicKey, { origin: ORIGIN })
  return {
    passkey_challenge: challenge_token as string,
    passkey_credential: JSON.stringify(credential),
  }
}

const add = async (visitor: Visitor, authenticator: SoftwareAuthenticator): Promise<Shown> =>
  visitor.post(`${HOME}/add`, await made(visitor, authenticator))

const signalsOf = ({ html }: Shown) =>
  JSON.parse((part(html, /data-passkey-signal="([^"]*)"/) ?? 'null').replaceAll('&quot;', '"'))

async function withPasskey() {
  const user = await signedIn()
  const authenticator = new SoftwareAuthenticator()
  const fields = await made(user.visitor, authenticator)
  const shown = await user.visitor.post(`${HOME}/add`, fields)
  expect([shown.status, shown.html]).toEqual([200, expect.stringContaining('id="codes"')])
  const credentialId: string = JSON.parse(fields.passkey_credential).id
  return { ...user, authenticator, credentialId }
}

const signInWith = async (authenticator: SoftwareAuthenticator, next = '') => {
  const visitor = new Visitor()
  const fields = await used(visitor, authenticator, '/api/v1/auth/passkey/options')
  return { visitor, shown: await visitor.post(`/sign-in/passkey${next}`, fields) }
}

test('recovery codes of a user with a passkey alone are counted and renewed', async () => {
  const { visitor } = await withPasskey()
  const { html } = await visitor.open('/account/two-factor')
  expect(html).toContain('10 recovery codes left.')
  expect(html).not.toContain('/account/two-factor/disable')
  const shown = await visitor.post('/account/two-factor/recovery-codes')
  expect([shown.status, shown.html]).toEqual([200, expect.stringContaining('id="codes"')])
  const { visitor: without } = await signedIn()
  expect((await without.open('/account/two-factor')).html).not.toContain('recovery codes left')
})

describe('the list', () => {
  test('shows what the user has, and tells the browser of the same', async () => {
    const { visitor, credentialId } = await withPasskey()
    const shown = await visitor.open(HOME)
    expect(signalsOf(shown)).toMatchObject({
      signalAllAcceptedCredentials: { rpId: 'localhost', allAcceptedCredentialIds: [credentialId] },
      signalCurrentUserDetails: { displayName: 'Ada Lovelace' },
    })
    expect(shown.html).toContain('Never used')
  })

  test('the browser learns a new name where it was changed', async () => {
    const { visitor } = await withPasskey()
    const values = { full_name: 'Ada King', language: 'en', theme: 'system', time_zone: '' }
    expect((await visitor.post('/account', values)).status).toBe(303)
    expect(signalsOf(await visitor.open('/account'))).toEqual({
      signalCurrentUserDetails: expect.objectContaining({
        rpId: 'localhost',
        displayName: 'Ada King',
      }),
    })
    const { visitor: without } = await signedIn()
    expect(signalsOf(await without.open('/account'))).toBeNull()
  })

  test('escapes names, also in what the browser is told', async () => {
    const odd = `"><img src=x onerror='1'>`
    const { visitor } = await signedIn(odd)
    await add(visitor, new SoftwareAuthenticator())
    const id = part((await visitor.open(HOME)).html, /edit\?id=([\w-]+)/) ?? ''
    await visitor.post(`${HOME}/rename`, { id, name: odd })
    const { html } = await visitor.open(HOME)
    expect(html.match(/onerror/g)?.length).toBeGreaterThan(2)
    expect(html).not.toMatch(/<img src=x|"><img/)
  })

  test('gives recovery codes with the first one only', async () => {
    const { visitor } = await withPasskey()
    const second = await add(visitor, new SoftwareAuthenticator())
    expect([second.status, second.to]).toEqual([303, HOME])
  })

  test('says why a passkey was refused', async () => {
    const { visitor } = await signedIn()
    const bad = await made(visitor, new SoftwareAuthenticator(), { origin: 'https://evil.example' })
    const shown = await visitor.post(`${HOME}/add`, bad)
    expect([shown.status, shown.html]).toEqual([400, expect.stringContaining('role="alert"')])
    for (const text of ['{', '[]', '{"id":"x"}', '']) {
      const odd = await visitor.post(`${HOME}/add`, { ...bad, passkey_credential: text })
      expect([text, odd.status]).toEqual([text, 422])
    }
  })

  test('takes one that was made without asking, for a challenge made for that', async () => {
    const { visitor } = await signedIn()
    const unseen = { isUserPresent: false }
    const wrong = await made(visitor, new SoftwareAuthenticator(), unseen)
    expect((await visitor.post(`${HOME}/add`, wrong)).status).toBe(400)
    const right = await made(visitor, new SoftwareAuthenticator(), unseen, '?unseen')
    expect((await visitor.post(`${HOME}/add`, right)).status).toBe(200)
  })
})

describe('one passkey', () => {
  test('is renamed and removed, and its own session ends with it', async () => {
    const { authenticator } = await withPasskey()
    const { visitor, shown } = await signInWith(authenticator)
    expect(shown.status).toBe(303)
    const id = part((await visitor.open(HOME)).html, /edit\?id=([\w-]+)/) ?? ''
    const renamed = await visitor.post(`${HOME}/rename`, { id, name: 'Key on my ring' })
    expect(renamed.to).toBe(HOME)
    expect((await visitor.open(HOME)).html).toContain('Key on my ring')
    const refused = await visitor.post(`${HOME}/rename`, { id, name: '' })
    expect([refused.status, refused.html]).toEqual([422, expect.stringContaining('is-wrong')])
    expect((await visitor.post(`${HOME}/remove`, { id })).to).toBe('/sign-in')
    expect((await visitor.open('/account')).to).toContain('/sign-in')
  })

  test('says that it is the last way in only if the account has no password', async () => {
    const { visitor, email } = await withPasskey()
    const id = part((await visitor.open(HOME)).html, /edit\?id=([\w-]+)/) ?? ''
    const last = 'You can’t remove your last passkey'
    expect((await visitor.open(`${HOME}/edit?id=${id}`)).html).not.toContain(last)
    await rowsOf('UPDATE users SET hashed_password = NULL WHERE email = ?', email)
    const { html } = await visitor.open(`${HOME}/edit?id=${id}`)
    expect(html).toContain(`${last}, because your account has no password`)
    expect(html).toContain('<a href="/account/password">')
    const password = await visitor.open('/account/password')
    expect(password.html).toContain('Your account has no password.')
    expect(password.html).toContain('Set password')
    expect(password.html).not.toContain('name="current_password"')
    await add(visitor, new SoftwareAuthenticator())
    expect((await visitor.open(`${HOME}/edit?id=${id}`)).html).not.toContain(last)
  })

  test('of another user is not found', async () => {
    const { visitor } = await withPasskey()
    const other = await signedIn()
    const id = part((await visitor.open(HOME)).html, /edit\?id=([\w-]+)/) ?? ''
    expect((await other.visitor.open(`${HOME}/edit?id=${id}`)).status).toBe(404)
    for (const path of ['rename', 'remove']) {
      const shown = await other.visitor.post(`${HOME}/${path}`, {
        id,
        ...(path === 'rename' && { name: 'Mine' }),
      })
      expect([path, shown.status]).toEqual([path, 404])
    }
  })
})

describe('signing in', () => {
  test('by passkey goes on to where the user was going', async () => {
    const { authenticator } = await withPasskey()
    const { shown } = await signInWith(authenticator, '?next=%2Faccount%2Factivity')
    expect([shown.status, shown.to]).toEqual([303, expect.stringContaining('activity')])
  })

  test('by an unknown passkey tells the browser, which then forgets it', async () => {
    const { visitor, authenticator, credentialId } = await withPasskey()
    const id = part((await visitor.open(HOME)).html, /edit\?id=([\w-]+)/) ?? ''
    await visitor.post(`${HOME}/remove`, { id })
    const { shown } = await signInWith(authenticator)
    expect(shown.status).toBe(401)
    expect(signalsOf(shown)).toEqual({
      signalUnknownCredential: { rpId: 'localhost', credentialId },
    })
    expect(shown.html).not.toContain('data-autofill')
  })
})

describe('the offer of a passkey', () => {
  test('stands where a password has signed in, until the user says no', async () => {
    const { visitor } = await signedIn()
    expect((await visitor.open('/account')).html).toContain('passkey-offer')
    const said = await visitor.post(`${HOME}/later`, { ask: 'never' })
    expect(said.to).toBe('/account')
    expect(visitor.setCookies.join()).toMatch(/gatehouse-passkey=never; Max-Age=34560000/)
    expect((await visitor.open('/account')).html).not.toContain('passkey-offer')
  })

  test('is not made to those who have one', async () => {
    const { visitor } = await withPasskey()
    expect((await visitor.open('/account')).html).not.toContain('passkey-offer')
  })
})
