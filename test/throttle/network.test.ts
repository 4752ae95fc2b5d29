import { describe, expect, it } from 'vitest'
import { networkOf, prefixOf } from '../../src/throttle/network'

describe('the network of an address', () => {
  it.each([
    ['203.0.113.9', '203.0.113.9'],
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002:ffff::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['1::', '1:0:0:0::/64'],
    ['64:ff9b::192.0.2.33', '64:ff9b:0:0::/64'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['::FFFF:cb00:7109', '203.0.113.9'],
    ['0:0:0:0:0:ffff:203.0.113.9', '203.0.113.9'],
  ])('%s is in %s', (ip, network) => {
    expect(networkOf(ip)).toBe(network)
  })

  it('two addresses of one /64 are one network, of two /64 are two', () => {
    expect(networkOf('2001:db8:1:2::1')).toBe(networkOf('2001:db8:1:2:ffff:ffff:ffff:ffff'))
    expect(networkOf('2001:db8:1:2::1')).not.toBe(networkOf('2001:db8:1:3::1'))
  })

  it.each([
    null,
    '',
    'garbage',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '010.1.1.1',
    '1.2.3.4 ',
    '1.2.3.4, 5.6.7.8',
    '0x7f.1.1.1',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7:8:9',
    '12345::',
    'fe80::1%eth0',
    '[::1]',
    '::1]/',
    '١.٢.٣.٤',
  ])('%j is no address and shares the unknown network', (ip) => {
    expect(networkOf(ip)).toBe('unknown')
  })

  it.each([
    ['2001:db8:1:2ff::1', '2001:db8:1:200::/56'],
    ['2001:db8:1:2::1', '2001:db8:1:0::/56'],
    ['::1', '0:0:0:0::/56'],
    ['203.0.113.9', null],
    ['::ffff:203.0.113.9', null],
    ['garbage', null],
    [null, null],
  ])('%s is in the /56 %s', (ip, prefix) => {
    expect(prefixOf(networkOf(ip))).toBe(prefix)
  })
})
