import { beforeEach, describe, expect, it, vi } from 'vitest'
import {
  reserveAccountFrom,
  reserveMail,
  reserveMailFrom,
  reserveSignIn,
  settle,
} from '../../src/throttle/reserve'
import { unlock } from '../../src/throttle/unlock'
import { DAY, from, HOUR, newEmail, START, stranger, ticketFor } from './deps'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
  vi.setSystemTime(START)
  return () => vi.useRealTimers()
})

const sent = async (email: string, count: number) => {
  const all = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      reserveMail(stranger(index), email, 'reset_password'),
    ),
  )
  return all.filter(Boolean).length
}

describe('mails to one address', () => {
  it('are 5 an hour for one purpose, whoever asks', async () => {
    const email = newEmail()
    expect(await sent(email, 30)).toBe(5)
    vi.setSystemTime(START + HOUR - 1)
    expect(await sent(email, 1)).toBe(0)
    vi.setSystemTime(START + HOUR)
    expect(await sent(email, 30)).toBe(5)
  })

  it('for another purpose, and to another address, have a budget of their own', async () => {
    const email = newEmail()
    await sent(email, 5)
    expect(await reserveMail(from(null), email, 'verify_email')).toBe(true)
    expect(await sent(newEmail(), 5)).toBe(5)
  })

  it('are not freed by an unlock', async () => {
    const email = newEmail()
    await sent(email, 5)
    await unlock(from(null), { emailKey: email, subject: 'nobody' })
    expect(await sent(email, 1)).toBe(0)
  })

  it('have a share of their own for a network that the owner has signed in from', async () => {
    const email = newEmail()
    const home = '203.0.113.9'
    await settle(from(home), await ticketFor(home, email), 'right')
    expect(await sent(email, 30)).toBe(5)
    const own = () => reserveMail(from(home), email, 'reset_password')
    for (let n = 0; n < 5; n++) expect(await own()).toBe(true)
    expect(await own()).toBe(false)
    expect((await reserveSignIn(from(home), email)).allowed).toBe(true)
  })

  it('have no such share where the one who asks would see it: a change of address', async () => {
    const email = newEmail()
    const home = '203.0.113.9'
    await settle(from(home), await ticketFor(home, email), 'right')
    for (let n = 0; n < 5; n++)
      expect(await reserveMail(stranger(n), email, 'change_email')).toBe(true)
    expect(await reserveMail(from(home), email, 'change_email')).toBe(false)
  })
})

describe('mails that one network asks for', () => {
  let networks = 0
  const freshNetwork = () => `198.51.100.${++networks}`
  const allowed = async (count: number, ip: (index: number) => string, ask = reserveMailFrom) => {
    const all = await Promise.all(Array.from({ length: count }, (_, index) => ask(from(ip(index)))))
    return all.filter((one) => one.allowed).length
  }

  it('are 60 an hour from an IPv4 address, to whatever address', async () => {
    const ip = freshNetwork()
    expect(await allowed(150, () => ip)).toBe(60)
    vi.setSystemTime(START + 10 * 60_000)
    expect(await reserveMailFrom(from(ip))).toEqual({ allowed: false, retryAfter: 3000 })
    vi.setSystemTime(START + HOUR)
    expect(await allowed(150, () => ip)).toBe(60)
  })

  it('are 60 from an IPv6 /64 and 240 from its /56', async () => {
    expect(await allowed(90, (index) => `2001:db8:1:101::${index + 1}`)).toBe(60)
    const all = await allowed(
      256,
      (index) => `2001:db8:1:1${index.toString(16).padStart(2, '0')}::1`,
    )
    expect(all).toBe(180)
    expect(await allowed(1, () => '2001:db8:1:200::1')).toBe(1)
  })

  it('are 200 registrations a day', async () => {
    const ip = freshNetwork()
    let made = 0
    for (let hour = 0; hour < 24; hour++) {
      vi.setSystemTime(START + hour * HOUR)
      made += await allowed(40, () => ip, reserveAccountFrom)
    }
    expect(made).toBe(200)
    expect((await reserveMailFrom(from(ip))).allowed).toBe(true)
    vi.setSystemTime(START + DAY)
    expect(await allowed(80, () => ip, reserveAccountFrom)).toBe(40)
  })

  it('are not counted for a service binding, which has no IP', async () => {
    const all = await Promise.all(Array.from({ length: 40 }, () => reserveMailFrom(from(null))))
    expect(all.every((one) => one.allowed)).toBe(true)
  })
})
