import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { type IpLimitName, withinIpLimit } from '../../src/throttle/rate-limit'
import { from } from './deps'

async function passed(count: number, ip: string | null, route: IpLimitName) {
  const all = await Promise.all(Array.from({ length: count }, () => withinIpLimit(from(ip), route)))
  return all.filter(Boolean).length
}

const MINUTE_MS = 60_000
const TEST_MS = 2000

// The runtime's limiter counts by the real clock's minute, which no test can set.
beforeEach(async () => {
  const left = MINUTE_MS - (Date.now() % MINUTE_MS)
  if (left < TEST_MS) await new Promise((resolve) => setTimeout(resolve, left + 50))
})

describe('the limit by network', () => {
  it('lets 60 sign-ins and 10 registrations a minute pass, each counted apart', async () => {
    expect(await passed(80, '192.0.2.1', 'SIGN_IN_LIMIT')).toBe(60)
    expect(await passed(80, '192.0.2.1', 'REGISTER_LIMIT')).toBe(10)
    expect(await passed(80, '192.0.2.2', 'SIGN_IN_LIMIT')).toBe(60)
  })

  it('counts an IPv6 /64 as one', async () => {
    expect(await passed(10, '2001:db8:9:9::1', 'REGISTER_LIMIT')).toBe(10)
    expect(await passed(10, '2001:db8:9:9::2', 'REGISTER_LIMIT')).toBe(0)
  })

  it('counts an IPv6 /56 with four times the limit', async () => {
    const all = Array.from({ length: 60 }, (_, index) =>
      passed(1, `2001:db8:8:8${index.toString(16).padStart(2, '0')}::1`, 'REGISTER_LIMIT'),
    )
    expect((await Promise.all(all)).filter((one) => one === 1)).toHaveLength(40)
    expect(await passed(1, '2001:db8:8:900::1', 'REGISTER_LIMIT')).toBe(1)
  })

  it('does not limit calls without an IP, which only service bindings make', async () => {
    expect(await passed(80, null, 'REGISTER_LIMIT')).toBe(80)
  })

  it('lets everyone pass, with a warning that holds no address, when the binding is broken', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const broken = { limit: () => Promise.reject(new Error('no limiter for 192.0.2.3')) }
    const deps = { ...from('192.0.2.3'), env: { ...env, SIGN_IN_LIMIT: broken } }
    expect(await withinIpLimit(deps, 'SIGN_IN_LIMIT')).toBe(true)
    expect(JSON.stringify(warn.mock.calls)).not.toContain('192.0.2.3')
    expect(warn).toHaveBeenCalledOnce()
    warn.mockRestore()
  })
})
