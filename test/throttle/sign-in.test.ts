import { beforeEach, describe, expect, it, vi } from 'vitest'
import { lockedUntil } from '../../src/throttle/locked-until'
import { makeKnown, reserveProof, reserveSignIn, settle } from '../../src/throttle/reserve'
import { unlock } from '../../src/throttle/unlock'
import { DAY, from, HOUR, MINUTE, newEmail, START, stranger, ticketFor } from './deps'

const OWNER_IP = '203.0.113.7'
const SID = 'a-session'

const newSubject = () => crypto.randomUUID()

/** How many of `count` attempts at once are let through. */
async function letThrough(
  count: number,
  email: string,
  deps: (index: number) => ReturnType<typeof from> = () => from(OWNER_IP),
) {
  const all = Array.from({ length: count }, (_, index) => reserveSignIn(deps(index), email))
  return (await Promise.all(all)).filter((one) => one.allowed).length
}

/** Strangers fail until the address is shut to them for good: 80 failures in a row. */
async function hammer(email: string) {
  expect(await letThrough(50, email, stranger)).toBe(50)
  vi.setSystemTime(Date.now() + HOUR)
  expect(await letThrough(50, email, (index) => stranger(100 + index))).toBe(30)
}

const signIn = async (email: string, ip = OWNER_IP) =>
  settle(from(ip), await ticketFor(ip, email), 'right')

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
  vi.setSystemTime(START)
  return () => vi.useRealTimers()
})

describe('wrong passwords', () => {
  it('100 at once from one address are let through 10 times', async () => {
    expect(await letThrough(100, newEmail())).toBe(10)
  })

  it('100 at once from as many addresses are let through 50 times', async () => {
    expect(await letThrough(100, newEmail(), stranger)).toBe(50)
  })

  it('from all over one IPv6 /64 share a budget', async () => {
    const email = newEmail()
    const deps = (index: number) => from(`2001:db8:0:7:${index.toString(16)}::1`)
    expect(await letThrough(20, email, deps)).toBe(10)
    expect(await letThrough(1, email, () => from('2001:db8:0:8::1'))).toBe(1)
  })

  it('from all over one IPv6 /56 share a larger one', async () => {
    const email = newEmail()
    const deps = (index: number) => from(`2001:db8:0:7${index.toString(16).padStart(2, '0')}::1`)
    expect(await letThrough(60, email, deps)).toBe(40)
    expect(await letThrough(1, email, () => from('2001:db8:0:800::1'))).toBe(1)
  })

  it('from the neighbours of a known network do not lock it', async () => {
    const email = newEmail()
    const home = '2001:db8:0:701::1'
    await signIn(email, home)
    const neighbour = (index: number) => from(`2001:db8:0:7${(index + 16).toString(16)}::1`)
    expect(await letThrough(60, email, neighbour)).toBe(40)
    await signIn(email, home)
  })

  it('without a readable IP share a budget', async () => {
    const email = newEmail()
    expect(await letThrough(20, email, (index) => from(index % 2 ? null : 'garbage'))).toBe(10)
  })

  it('against one address do not count against another', async () => {
    await letThrough(10, newEmail())
    expect(await letThrough(10, newEmail())).toBe(10)
  })

  it('are let through again to the second that the refusal told', async () => {
    const email = newEmail()
    await letThrough(10, email)
    const refusal = await reserveSignIn(from(OWNER_IP), email)
    expect(refusal).toEqual({ allowed: false, retryAfter: 900 })
    vi.setSystemTime(START + 15 * MINUTE - 1)
    expect(await reserveSignIn(from(OWNER_IP), email)).toEqual({ allowed: false, retryAfter: 1 })
    vi.setSystemTime(START + 15 * MINUTE)
    expect(await letThrough(20, email)).toBe(10)
    const longer = await reserveSignIn(from(OWNER_IP), email)
    expect(longer).toEqual({ allowed: false, retryAfter: 1800 })
  })

  it('that are refused do not prolong the lock', async () => {
    const email = newEmail()
    await letThrough(10, email)
    for (let minute = 0; minute < 15; minute++) {
      vi.setSystemTime(START + minute * MINUTE)
      expect(await letThrough(3, email)).toBe(0)
    }
    vi.setSystemTime(START + 15 * MINUTE)
    expect(await letThrough(1, email)).toBe(1)
  })
})

describe('right passwords', () => {
  it('6 at once all succeed, and so do hundreds after one another', async () => {
    const email = newEmail()
    for (let round = 0; round < 40; round++) {
      const tickets = await Promise.all(Array.from({ length: 6 }, () => ticketFor(OWNER_IP, email)))
      await Promise.all(tickets.map((ticket) => settle(from(OWNER_IP), ticket, 'right')))
    }
  })

  it('give back their own place only, so owner and attacker in turns pass no budget', async () => {
    const email = newEmail()
    let wrong = 0
    for (let round = 0; round < 30; round++) {
      vi.setSystemTime(START + round)
      if (!(await reserveSignIn(from(OWNER_IP), email)).allowed) continue
      wrong++
      const right = await reserveSignIn(from(OWNER_IP), email)
      if (right.allowed) await settle(from(OWNER_IP), right.ticket, 'right')
    }
    expect(wrong).toBe(10)
  })

  it('settled wrong stay counted, undecided ones do not', async () => {
    const email = newEmail()
    for (let count = 0; count < 30; count++) {
      await settle(from(OWNER_IP), await ticketFor(OWNER_IP, email), 'void')
    }
    for (let count = 0; count < 10; count++) {
      await settle(from(OWNER_IP), await ticketFor(OWNER_IP, email), 'wrong')
    }
    expect(await letThrough(1, email)).toBe(0)
  })

  it('stop the lengthening of lockouts', async () => {
    const email = newEmail()
    await letThrough(10, email)
    vi.setSystemTime(START + 15 * MINUTE)
    await settle(from(OWNER_IP), await ticketFor(OWNER_IP, email), 'right')
    await letThrough(10, email)
    expect(await reserveSignIn(from(OWNER_IP), email)).toEqual({ allowed: false, retryAfter: 900 })
  })
})

describe('an owner whose address is under attack', () => {
  it('signs in from a network they have used before', async () => {
    const email = newEmail()
    await signIn(email)
    for (let hour = 0; hour < 48; hour++) {
      vi.setSystemTime(START + hour * HOUR)
      await letThrough(60, email, (index) => stranger(hour * 60 + index))
      await signIn(email)
    }
  })

  it('still has 20 failures when strangers have used up theirs, 100 in a row in all', async () => {
    const email = newEmail()
    await signIn(email)
    await hammer(email)
    expect(await letThrough(1, email, () => stranger(999))).toBe(0)
    expect(await letThrough(20, email)).toBe(10)
    vi.setSystemTime(Date.now() + 15 * MINUTE)
    expect(await letThrough(20, email)).toBe(10)
    vi.setSystemTime(Date.now() + HOUR)
    expect(await letThrough(20, email)).toBe(0)
  })

  it('lets everyone try again by signing in', async () => {
    const email = newEmail()
    await signIn(email)
    await hammer(email)
    vi.setSystemTime(Date.now() + HOUR)
    await signIn(email)
    expect(await letThrough(1, email, () => stranger(999))).toBe(1)
  })

  it('is known for 30 days after a right password, and no longer', async () => {
    for (const [days, allowed] of [
      [30 * DAY - 2 * HOUR, true],
      [30 * DAY, false],
    ] as const) {
      vi.setSystemTime(START)
      const email = newEmail()
      await signIn(email)
      vi.setSystemTime(START + days - HOUR)
      await hammer(email)
      expect((await reserveSignIn(from(OWNER_IP), email)).allowed).toBe(allowed)
    }
  })

  it('is not known by a password alone where a second factor must follow', async () => {
    const email = newEmail()
    await settle(from(OWNER_IP), await ticketFor(OWNER_IP, email), 'half')
    await hammer(email)
    expect((await reserveSignIn(from(OWNER_IP), email)).allowed).toBe(false)
    await makeKnown(from(OWNER_IP), email)
    await signIn(email)
  })

  it('is reported with the time when the lock expires, and reading it changes nothing', async () => {
    const who = { emailKey: newEmail(), subject: newSubject() }
    expect(await lockedUntil(from(null), who)).toBeNull()
    expect(await letThrough(10, who.emailKey)).toBe(10)
    expect(await lockedUntil(from(null), who)).toBe(START + 15 * MINUTE)
    await unlock(from(null), who)
    expect(await lockedUntil(from(null), who)).toBeNull()
    const sid = 'another'
    for (let n = 0; n < 10; n++) await reserveProof(from(null), { subject: who.subject, sid })
    expect(await lockedUntil(from(null), who)).toBe(START + 15 * MINUTE)
  })

  it('does not make the unknown network known', async () => {
    const email = newEmail()
    await settle(from(null), await ticketFor('garbage', email), 'right')
    await hammer(email)
    expect((await reserveSignIn(from(null), email)).allowed).toBe(false)
  })

  it('is locked elsewhere for 30 days, until an unlock', async () => {
    const email = newEmail()
    await signIn(email)
    await hammer(email)
    const refusal = await reserveSignIn(stranger(999), email)
    expect(refusal).toEqual({ allowed: false, retryAfter: (30 * DAY) / 1000 })
    await unlock(from(null), { emailKey: email, subject: newSubject() })
    await hammer(email)
    await signIn(email)
  })

  it('gets the same answers as an address that nobody has', async () => {
    const owned = newEmail()
    await signIn(owned)
    const unknown = newEmail()
    for (let round = 0; round < 60; round++) {
      const answers = await Promise.all(
        [owned, unknown].map((email) => reserveSignIn(stranger(round % 4), email)),
      )
      const [first, second] = answers.map((one) => (one.allowed ? 'allowed' : one.retryAfter))
      expect(first).toBe(second)
      vi.setSystemTime(Date.now() + 7 * MINUTE)
    }
  })
})

describe('proofs of the current password', () => {
  it('100 at once are let through 10 times; a right one gives its place back', async () => {
    const subject = newSubject()
    const all = await Promise.all(
      Array.from({ length: 100 }, () => reserveProof(from(OWNER_IP), { subject, sid: SID })),
    )
    const allowed = all.filter((one) => one.allowed)
    expect(allowed).toHaveLength(10)
    const [first] = allowed
    if (first) await settle(from(OWNER_IP), first.ticket, 'right')
    expect((await reserveProof(stranger(1), { subject, sid: SID })).allowed).toBe(true)
    expect(await reserveProof(stranger(2), { subject, sid: SID })).toEqual({
      allowed: false,
      retryAfter: 900,
    })
    await unlock(from(null), { emailKey: newEmail(), subject })
    expect((await reserveProof(stranger(3), { subject, sid: SID })).allowed).toBe(true)
  })

  it('of a stolen session leave the owner’s session its own', async () => {
    const subject = newSubject()
    for (let n = 0; n < 12; n++) await reserveProof(from(null), { subject, sid: 'stolen' })
    expect((await reserveProof(from(null), { subject, sid: SID })).allowed).toBe(true)
  })

  it('compute at most 100 hashes in 15 minutes, right or wrong', async () => {
    const subject = newSubject()
    for (let n = 0; n < 100; n++) {
      const right = await reserveProof(from(null), { subject, sid: `session ${n % 7}` })
      if (!right.allowed) throw new Error(`refused at ${n}`)
      await settle(from(null), right.ticket, 'right')
    }
    const refusal = { allowed: false, retryAfter: 900 }
    expect(await reserveProof(from(null), { subject, sid: 'fresh' })).toEqual(refusal)
    vi.setSystemTime(START + 15 * MINUTE)
    expect((await reserveProof(from(null), { subject, sid: 'fresh' })).allowed).toBe(true)
  })
})
