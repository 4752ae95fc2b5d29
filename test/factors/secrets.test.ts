/** TOTP secrets at rest: encrypted, and bound to the row and the column that they stand in. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { rowsOf } from '../db/rows'
import { said } from '../support/api'
import { stopClock } from '../support/clock'
import {
  challengeOf,
  disable,
  enable,
  freshCode,
  ok,
  setUp,
  type UserWithSecondFactor,
  userWithSecondFactor,
  verify,
} from '../support/second-factor'
import { codeAt } from '../support/totp'
import { signedInUser } from '../support/users'
import { consoleLines } from '../support/worker'

stopClock()

type Column = 'two_factor_secret' | 'two_factor_pending_secret'
const stored = async (id: number, column: Column) =>
  String((await rowsOf(`SELECT ${column} AS text FROM users WHERE id = ?`, id))[0]?.['text'])
const store = (id: number, column: Column, text: string) =>
  env.DB.prepare(`UPDATE users SET ${column} = ? WHERE id = ?`).bind(text, id).run()
const presented = async (who: UserWithSecondFactor, factor: object) =>
  said(await verify(await challengeOf(who), factor))

/** Faults that were logged, each by its name alone. */
const faults = (lines: string[]) =>
  lines
    .filter((line) => line.includes('secret_unreadable'))
    .map((line): unknown => JSON.parse(line))
const FAULT = { event: 'two_factor_secret_unreadable', request_id: expect.any(String) }

describe('a secret', () => {
  it('is encrypted, pending and on, each time anew', async () => {
    const ada = await signedInUser()
    const { secret } = ok(await setUp(ada)).body
    const pending = await stored(ada.id, 'two_factor_pending_secret')
    ok(await enable(ada, await freshCode({ secret })))
    const on = await stored(ada.id, 'two_factor_secret')
    for (const text of [pending, on]) {
      expect(text).toMatch(/^test1\.[\w-]{16}\.[\w-]{64}$/)
      expect(text).not.toContain(secret)
    }
    expect(pending).not.toBe(on)
    expect(await stored(ada.id, 'two_factor_pending_secret')).toBe('null')
  })

  it('in another’s row opens for neither: every code is refused, a fault is logged, nobody sees a 5xx', async () => {
    const [ada, bob] = [await userWithSecondFactor(), await userWithSecondFactor()]
    const [ofAda, ofBob] = [
      await stored(ada.id, 'two_factor_secret'),
      await stored(bob.id, 'two_factor_secret'),
    ]
    await store(ada.id, 'two_factor_secret', ofBob)
    await store(bob.id, 'two_factor_secret', ofAda)
    const lines = consoleLines()
    for (const [who, other] of [
      [ada, bob],
      [bob, ada],
    ] as const) {
      for (const { secret } of [who, other]) {
        const code = await freshCode({ secret })
        expect(await presented(who, { code })).toBe('401 invalid_2fa_code')
      }
      const off = await disable(who, { code: await codeAt(who.secret) })
      expect(said(off)).toBe('400 invalid_2fa_code')
    }
    expect(faults(lines)).toEqual(Array.from({ length: 6 }, () => FAULT))
    for (const line of lines) {
      for (const text of [ada.secret, bob.secret, ofAda, ofBob]) expect(line).not.toContain(text)
    }
    const [recovery_code] = ada.recoveryCodes
    expect(await presented(ada, { recovery_code })).toBe('200')
  })

  it('that was altered, cut, or made under a key that is gone is refused in the same way', async () => {
    const ada = await userWithSecondFactor()
    const good = await stored(ada.id, 'two_factor_secret')
    const lines = consoleLines()
    const altered = `${good.slice(0, -2)}${good.endsWith('AA') ? 'BB' : 'AA'}`
    const bad = [
      altered,
      good.slice(0, 30),
      good.replace('test1', 'gone'),
      'JBSWY3DPEHPK3PXP',
      '..',
    ]
    for (const text of bad) {
      await store(ada.id, 'two_factor_secret', text)
      const answer = await presented(ada, { code: await freshCode(ada) })
      expect(answer, text).toBe('401 invalid_2fa_code')
    }
    expect(faults(lines)).toHaveLength(bad.length)
    await store(ada.id, 'two_factor_secret', good)
    expect(await presented(ada, { code: await freshCode(ada) })).toBe('200')
  })

  it('that waits to be turned on is bound in the same way, and begun anew', async () => {
    const [ada, bob] = [await signedInUser(), await userWithSecondFactor()]
    const { secret } = ok(await setUp(ada)).body
    const lines = consoleLines()
    await store(ada.id, 'two_factor_pending_secret', await stored(bob.id, 'two_factor_secret'))
    for (const { secret: either } of [{ secret }, bob]) {
      const reply = await enable(ada, await freshCode({ secret: either }))
      expect(said(reply)).toBe('409 no_pending_setup')
    }
    expect(faults(lines)).toEqual([FAULT, FAULT])
    const again = ok(await setUp(ada)).body
    expect(said(await enable(ada, await freshCode(again)))).toBe('200')
  })

  it('is bound to its column: what only waited cannot be moved to where it counts', async () => {
    const [ada, bob] = [await userWithSecondFactor(), await signedInUser()]
    const { secret } = ok(await setUp(bob)).body
    const lines = consoleLines()
    await env.DB.prepare(
      'UPDATE users SET two_factor_secret = two_factor_pending_secret, two_factor_enabled_at = 1 WHERE id = ?',
    )
      .bind(bob.id)
      .run()
    const factor = { ...ada, ...bob, secret, recoveryCodes: [] }
    expect(await presented(factor, { code: await freshCode(factor) })).toBe('401 invalid_2fa_code')
    expect(faults(lines)).toEqual([FAULT])
  })
})
