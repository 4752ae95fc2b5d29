/** The range protocol against a server that speaks it well, and against ones that do not. */
import { afterEach, beforeEach, describe, expect, inject, it, type MockInstance, vi } from 'vitest'
import { isBreached } from '../../src/credentials/breach-check'
import { checkNewPassword } from '../../src/credentials/password-policy'

const BREACHED = 'Vault-Lion-Basil-77'
const FRESH = 'Vault-Lion-Basil-78'
const REQUEST = 'the request of this test'
const at = (path: string) => ({
  BREACH_CHECK_URL: `http://127.0.0.1:${inject('breachPort')}/${path}`,
})
const checked = (config: { BREACH_CHECK_URL: string }, password: string) =>
  isBreached({ requestId: REQUEST, config }, password)

let warned: MockInstance<typeof console.warn>
beforeEach(() => {
  warned = vi.spyOn(console, 'warn').mockImplementation(() => {})
})
afterEach(() => {
  warned.mockRestore()
})
const warnings = () => warned.mock.calls.map(([line]) => JSON.parse(String(line)))

describe('against a service that answers', () => {
  it('a breached password is known, a fresh one is not, and nothing is logged', async () => {
    expect(await checked(at('ok'), BREACHED)).toBe(true)
    expect(await checked(at('ok/'), BREACHED)).toBe(true)
    expect(await checked(at('ok'), FRESH)).toBe(false)
    expect(warnings()).toEqual([])
  })

  it('a padding line, which counts 0, is no breach', async () => {
    expect(await checked(at('ok'), `padding ${BREACHED}`)).toBe(false)
    expect(warnings()).toEqual([])
  })

  it('only five hex digits of the hash leave the Worker', async () => {
    const sent = vi.spyOn(globalThis, 'fetch')
    await checked(at('ok'), BREACHED)
    const { url, body } = new Request(...(sent.mock.calls[0] ?? ['http://none']))
    sent.mockRestore()
    expect(url).toMatch(/\/ok\/[0-9A-F]{5}$/)
    expect(body).toBeNull()
  })
})

describe('against a service that fails', () => {
  it.each([
    ['500', 'status 500'],
    ['redirect', 'status 302'],
    ['garbage', 'not a range of SUFFIX:COUNT lines'],
    ['endless', 'more than 262144 bytes'],
    ['hang', 'TimeoutError'],
    ['drip', 'TimeoutError'],
  ])('%s refuses nobody, within the budget, and is logged', async (path, reason) => {
    const began = performance.now()
    expect(await checked(at(path), BREACHED)).toBe(false)
    expect(performance.now() - began).toBeLessThan(2000)
    expect(warnings()).toEqual([{ event: 'breach_check_failed', request_id: REQUEST, reason }])
  })

  it('a service that cannot be reached refuses nobody', async () => {
    expect(await checked({ BREACH_CHECK_URL: 'http://127.0.0.1:1' }, BREACHED)).toBe(false)
    expect(warnings()).toHaveLength(1)
    expect(JSON.stringify(warnings())).not.toContain('127.0.0.1')
  })
})

describe('as part of the policy', () => {
  const settings = {
    PASSWORD_PROFILE: 'classic' as const,
    PASSWORD_MIN_LENGTH: undefined,
    PASSWORD_REQUIRE_CLASSES: undefined,
    PASSWORD_MAX_AGE_DAYS: undefined,
    PRODUCT_NAME: 'Gatehouse',
  }
  const person = { email: 'ada@example.com', fullName: 'Ada Byron' }

  it('is off without a URL: nothing is asked and nothing refused', async () => {
    const sent = vi.spyOn(globalThis, 'fetch')
    const off = { ...settings, BREACH_CHECK_URL: undefined }
    expect(await checkNewPassword({ requestId: REQUEST, config: off }, BREACHED, person)).toEqual(
      [],
    )
    expect(sent).not.toHaveBeenCalled()
    sent.mockRestore()
  })

  it('refuses a breached password by a code, at the field that carried it', async () => {
    const on = { ...settings, ...at('ok') }
    const issues = await checkNewPassword(
      { requestId: REQUEST, config: on },
      BREACHED,
      person,
      'new_password',
    )
    expect(issues).toMatchObject([{ path: 'new_password', code: 'password_breached' }])
    expect(await checkNewPassword({ requestId: REQUEST, config: on }, FRESH, person)).toEqual([])
  })

  it('asks nobody about a password that the rules refuse already', async () => {
    const sent = vi.spyOn(globalThis, 'fetch')
    const issues = await checkNewPassword(
      { requestId: REQUEST, config: { ...settings, ...at('ok') } },
      'short',
      person,
    )
    expect(issues.map(({ code }) => code)).toContain('password_too_short')
    expect(sent).not.toHaveBeenCalled()
    sent.mockRestore()
  })
})
