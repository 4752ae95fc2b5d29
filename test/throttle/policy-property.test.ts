/**
 * Bursts of attempts from 14 networks, 11 of them in one /56: a gap, some wrong ones, and an end that is often nothing. The
 * model knows nothing of rows; it only counts what was let through and turned out wrong.
 */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NEW_ROW, type Outcome, type Row, reserve, settle } from '../../src/throttle/policy'
import { DAY, HOUR, MINUTE, START } from './deps'

interface Burst {
  gap: number
  network: number
  wrong: number
  end: Outcome | null
  isLate: boolean
}

const NONE = { ownWindow: 0, prefixWindow: 0, strangersHour: 0, strangersInARow: 0, inARow: 0 }
type Most = typeof NONE

const larger = (one: Most, other: Most): Most => ({
  ownWindow: Math.max(one.ownWindow, other.ownWindow),
  prefixWindow: Math.max(one.prefixWindow, other.prefixWindow),
  strangersHour: Math.max(one.strangersHour, other.strangersHour),
  strangersInARow: Math.max(one.strangersInARow, other.strangersInARow),
  inARow: Math.max(one.inARow, other.inARow),
})

/** Plays the bursts; says the most failures in any window and row that an attempt could join. */
function play(bursts: Burst[]): Most {
  let most = NONE
  const networks = new Map<number, Row>()
  const failures: { at: number; network: number; isKnown: boolean }[] = []
  let address = NEW_ROW
  let prefix = NEW_ROW
  let now = START
  let rightAt = 0
  let late: (() => void) | undefined

  const attempt = (network: number) => {
    const row = networks.get(network) ?? NEW_ROW
    const isKnown = row.knownUntil > now
    const held = [
      { kind: 'network' as const, row },
      { kind: 'address' as const, row: address },
      ...(network < 11 ? [{ kind: 'prefix' as const, row: prefix }] : []),
    ]
    const result = reserve(held, now)
    if (!result.allowed) return undefined
    const [own, shared, wide] = result.taken
    if (!own || !shared) throw new Error('a place is missing')
    if (wide) prefix = wide.row
    networks.set(network, own.row)
    address = shared.row
    return { isKnown, ownAt: own.at, sharedAt: shared.at, wideAt: wide?.at }
  }

  for (const { gap, network, wrong, end, isLate } of bursts) {
    now += gap
    for (let count = 0; count < wrong; count++) {
      const taken = attempt(network)
      if (!taken) continue
      failures.push({ at: now, network, isKnown: taken.isKnown })
      const own = failures.filter((one) => one.network === network && now - one.at < 15 * MINUTE)
      const inARow = failures.filter((one) => one.at > rightAt).length
      const hour = failures.filter((one) => now - one.at < HOUR)
      const wide = failures.filter(
        (one) => one.network < 11 && !one.isKnown && now - one.at < 15 * MINUTE,
      )
      most = larger(most, {
        ownWindow: own.length,
        prefixWindow: taken.isKnown ? 0 : wide.length,
        inARow,
        strangersHour: taken.isKnown ? 0 : hour.length,
        strangersInARow: taken.isKnown ? 0 : inARow,
      })
    }
    late?.()
    late = undefined
    const last = end && attempt(network)
    if (!last) continue
    const decide = () => {
      const own = networks.get(network) ?? NEW_ROW
      const known = end === 'right' ? last.ownAt + 30 * DAY : own.knownUntil
      networks.set(network, settle(own, last.ownAt, end, known))
      address = settle(address, last.sharedAt, end, 0)
      if (last.wideAt !== undefined) prefix = settle(prefix, last.wideAt, end, 0)
      if (end === 'right') rightAt = Math.max(rightAt, last.sharedAt)
    }
    if (isLate) late = decide
    else decide()
  }
  return most
}

describe('whatever the sequence of attempts', () => {
  const burst = fc.record({
    gap: fc.constantFrom(0, 0, 1, 1000, 5 * MINUTE, 15 * MINUTE - 1, 15 * MINUTE, HOUR, 7 * HOUR),
    network: fc.nat(13),
    wrong: fc.nat(12),
    end: fc.oneof(
      { weight: 60, arbitrary: fc.constant(null) },
      { weight: 3, arbitrary: fc.constant<Outcome>('void') },
      { weight: 2, arbitrary: fc.constant<Outcome>('right') },
    ),
    isLate: fc.boolean(),
  })

  it('no window and no row of failures ever passes its budget, and each budget is reached', () => {
    let most = NONE
    fc.assert(
      fc.property(fc.array(burst, { minLength: 40, maxLength: 120, size: 'max' }), (bursts) => {
        const seen = play(bursts)
        expect(seen.ownWindow).toBeLessThanOrEqual(10)
        expect(seen.prefixWindow).toBeLessThanOrEqual(40)
        expect(seen.strangersHour).toBeLessThanOrEqual(50)
        expect(seen.strangersInARow).toBeLessThanOrEqual(80)
        expect(seen.inARow).toBeLessThanOrEqual(100)
        most = larger(most, seen)
      }),
      { numRuns: 300, seed: 5 },
    )
    expect(most).toEqual({
      ownWindow: 10,
      prefixWindow: 40,
      strangersHour: 50,
      strangersInARow: 80,
      inARow: 100,
    })
  })
})
