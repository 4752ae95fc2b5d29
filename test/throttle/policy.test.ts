import { describe, expect, it } from 'vitest'
import type { BudgetKind } from '../../src/throttle/budgets'
import { expiresAt, NEW_ROW, reserve, settle } from '../../src/throttle/policy'
import { DAY, HOUR, MINUTE, START } from './deps'

/** One row on its own: `attempt` says when to come back, or 0 when it was let through. */
function single(kind: BudgetKind) {
  let row = NEW_ROW
  return {
    attempt(now: number): number {
      const result = reserve([{ kind, row }], now)
      if (!result.allowed) return result.until
      for (const taken of result.taken) row = taken.row
      return 0
    },
    right(at: number) {
      row = settle(row, at, 'right', 0)
    },
    void(at: number) {
      row = settle(row, at, 'void', 0)
    },
    expires: () => expiresAt(row, kind),
  }
}

describe('a network', () => {
  const TEN = Array.from({ length: 10 }, (_, index) => START + index * MINUTE)

  it('gets 10 failures in 15 minutes, then waits 15 minutes from the last', () => {
    const network = single('network')
    for (const at of TEN) expect(network.attempt(at)).toBe(0)
    const end = START + 24 * MINUTE
    expect(network.attempt(START + 9 * MINUTE)).toBe(end)
    expect(network.attempt(end - 1)).toBe(end)
    expect(network.attempt(end)).toBe(0)
  })

  it('is not locked by 10 failures that are slower than that', () => {
    const network = single('network')
    for (let at = START; at < START + 3 * HOUR; at += 100_000) {
      expect(network.attempt(at)).toBe(0)
    }
  })

  it('waits twice as long after each further lock-out, up to a day', () => {
    const network = single('network')
    let now = START
    const waits = Array.from({ length: 9 }, () => {
      for (let count = 0; count < 10; count++) expect(network.attempt(now)).toBe(0)
      const until = network.attempt(now)
      const wait = until - now
      now = until
      return wait / MINUTE
    })
    expect(waits).toEqual([15, 30, 60, 120, 240, 480, 960, 1440, 1440])
  })

  it('stops lengthening a day after a lockout expired, and not before', () => {
    for (const [pause, wait] of [
      [DAY - 1, 30],
      [DAY, 15],
    ] as const) {
      const network = single('network')
      for (let count = 0; count < 10; count++) network.attempt(START)
      const now = network.attempt(START) + pause
      for (let count = 0; count < 10; count++) expect(network.attempt(now)).toBe(0)
      expect(network.attempt(now) - now).toBe(wait * MINUTE)
    }
  })

  it('is unlocked by the right one among ten that ran at once', () => {
    const network = single('network')
    for (let count = 0; count < 10; count++) network.attempt(START)
    expect(network.attempt(START + 1)).not.toBe(0)
    network.right(START)
    expect(network.attempt(START + 1)).toBe(0)
    expect(network.attempt(START + 2)).not.toBe(0)
  })

  it('starts growing anew after a right answer', () => {
    const network = single('network')
    for (let count = 0; count < 10; count++) network.attempt(START)
    const now = network.attempt(START)
    network.attempt(now)
    network.attempt(now + 1)
    network.right(now + 1)
    for (let count = 0; count < 9; count++) expect(network.attempt(now + 2)).toBe(0)
    expect(network.attempt(now + 2)).toBe(now + 2 + 15 * MINUTE)
  })

  it('wins nothing by a clock that goes back', () => {
    const network = single('network')
    for (let count = 0; count < 10; count++) network.attempt(START)
    expect(network.attempt(START - DAY)).toBe(START + 15 * MINUTE)
    const slow = single('network')
    for (let count = 0; count < 10; count++) expect(slow.attempt(START - count * HOUR)).toBe(0)
    expect(slow.attempt(START - 10 * HOUR)).toBe(START + 15 * MINUTE)
    const grown = single('network')
    for (let count = 0; count < 10; count++) grown.attempt(START)
    const now = grown.attempt(START)
    for (let count = 0; count < 9; count++) grown.attempt(now)
    grown.attempt(now - 5 * MINUTE)
    expect(grown.attempt(now - 5 * MINUTE)).toBe(now + 30 * MINUTE)
  })

  it('is forgotten 15 minutes after its last failure, a day after a lock-out', () => {
    const network = single('network')
    network.attempt(START)
    expect(network.expires()).toBe(START + 15 * MINUTE)
    for (let count = 0; count < 9; count++) network.attempt(START)
    expect(network.expires()).toBe(START + 15 * MINUTE + DAY)
  })
})

describe('an address', () => {
  it('gets 50 failures an hour, and one more for each that is an hour old', () => {
    const address = single('address')
    for (let count = 0; count < 50; count++) {
      expect(address.attempt(START + count * MINUTE)).toBe(0)
    }
    expect(address.attempt(START + 50 * MINUTE)).toBe(START + HOUR)
    expect(address.attempt(START + HOUR - 1)).toBe(START + HOUR)
    expect(address.attempt(START + HOUR)).toBe(0)
    expect(address.attempt(START + HOUR)).toBe(START + HOUR + MINUTE)
  })

  it('gets strangers 80 failures in a row, however slow, until 30 days of quiet', () => {
    const address = single('address')
    for (let count = 0; count < 80; count++) {
      expect(address.attempt(START + count * 9 * DAY)).toBe(0)
    }
    const last = START + 79 * 9 * DAY
    expect(address.attempt(last + 1)).toBe(last + 30 * DAY)
    expect(address.attempt(last + 30 * DAY - 1)).toBe(last + 30 * DAY)
    expect(address.attempt(last + 30 * DAY)).toBe(0)
  })

  it('starts the row of failures anew after a right answer', () => {
    const address = single('address')
    for (let count = 0; count < 79; count++) address.attempt(START + count * HOUR)
    expect(address.attempt(START + 79 * HOUR)).toBe(0)
    address.right(START + 79 * HOUR)
    for (let count = 0; count < 80; count++) {
      expect(address.attempt(START + (80 + count) * HOUR)).toBe(0)
    }
    expect(address.attempt(START + 160 * HOUR)).not.toBe(0)
  })

  it('counts a failure that ran beside the right answer', () => {
    const address = single('address')
    for (let count = 0; count < 79; count++) address.attempt(START + count * HOUR)
    address.attempt(START + 78 * HOUR)
    address.right(START + 10 * HOUR)
    for (let count = 0; count < 11; count++) {
      expect(address.attempt(START + (80 + count) * HOUR)).toBe(0)
    }
    expect(address.attempt(START + 92 * HOUR)).not.toBe(0)
  })

  it("counts a failure of the right answer's own millisecond: their order is not known", () => {
    const address = single('address')
    address.attempt(START)
    address.attempt(START)
    address.right(START)
    for (let count = 1; count < 80; count++) expect(address.attempt(START + count * HOUR)).toBe(0)
    expect(address.attempt(START + 80 * HOUR)).not.toBe(0)
  })

  it('stops mattering at once when its only attempt was right', () => {
    const address = single('address')
    address.attempt(START)
    expect(address.expires()).toBe(START + 30 * DAY)
    address.right(START)
    expect(address.expires()).toBe(0)
  })
})

describe('proofs by a signed-in user', () => {
  it('lock one session after 10 failures, longer each time', () => {
    const proof = single('proof_session')
    let now = START
    const waits = Array.from({ length: 9 }, () => {
      for (let count = 0; count < 10; count++) expect(proof.attempt(now)).toBe(0)
      const until = proof.attempt(now)
      const wait = until - now
      now = until
      return wait / MINUTE
    })
    expect(waits).toEqual([15, 30, 60, 120, 240, 480, 960, 1440, 1440])
  })

  it('are 50 an hour over all sessions, and shut after 100 in a row', () => {
    const proof = single('proof')
    for (let count = 0; count < 50; count++) expect(proof.attempt(START)).toBe(0)
    expect(proof.attempt(START)).toBe(START + HOUR)
    for (let count = 0; count < 50; count++) expect(proof.attempt(START + HOUR)).toBe(0)
    expect(proof.attempt(START + HOUR)).toBe(START + HOUR + 30 * DAY)
  })

  it('that a fault of ours left undecided cost nothing', () => {
    const proof = single('proof')
    for (let count = 0; count < 500; count++) {
      expect(proof.attempt(START)).toBe(0)
      proof.void(START)
    }
    expect(proof.expires()).toBe(0)
  })
})

describe('mails', () => {
  it('are 5 in any hour', () => {
    const mail = single('mail')
    for (let count = 0; count < 5; count++) expect(mail.attempt(START + count)).toBe(0)
    expect(mail.attempt(START + HOUR - 1)).toBe(START + HOUR)
    expect(mail.attempt(START + HOUR)).toBe(0)
    expect(mail.attempt(START + HOUR)).toBe(START + HOUR + 1)
    expect(mail.expires()).toBe(START + 2 * HOUR)
  })
})

describe('a /56', () => {
  const held = (knownUntil: number) => [
    { kind: 'network' as const, row: { ...NEW_ROW, knownUntil } },
    { kind: 'prefix' as const, row: { ...NEW_ROW, tries: Array<number>(40).fill(START) } },
  ]

  it('locks strangers after 40 failures', () => {
    expect(reserve(held(0), START)).toEqual({ allowed: false, until: START + 15 * MINUTE })
  })

  it('does not lock a known network in it, nor counts what comes from there', () => {
    const result = reserve(held(START + DAY), START)
    expect(result.allowed && result.taken.map(({ kind }) => kind)).toEqual(['network'])
  })
})
