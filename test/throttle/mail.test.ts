import { beforeEach, describe, expect, it, vi } from 'vitest'
import { reserveMail } from '../../src/throttle/reserve'
import { unlock } from '../../src/throttle/unlock'
import { from, HOUR, newEmail, START, stranger } from './deps'

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
})
