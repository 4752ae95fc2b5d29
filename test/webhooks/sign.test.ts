/** Signatures by the specification, checked by its own library and by its published example. */
import { Webhook as Verifier } from 'standardwebhooks'
import { expect, test } from 'vitest'
import { newSecret, signatureHeaders } from '../../src/webhooks/sign'

const message = {
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  at: 1_614_265_330_000,
  body: '{"test": 2432232314}',
}

test("the standard's published example comes out as published", async () => {
  const headers = await signatureHeaders(['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'], message)
  expect(headers).toEqual({
    'webhook-id': message.id,
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  })
})

test('a secret has 256 random bits and the form that the library takes', () => {
  const secrets = Array.from({ length: 20 }, newSecret)
  expect(new Set(secrets).size).toBe(20)
  for (const secret of secrets) expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
})

test('signed with two secrets, it verifies under either and under no other', async () => {
  const [a, b, c] = [newSecret(), newSecret(), newSecret()]
  const body = '{"name":"Zoë 🙂"}'
  const headers = await signatureHeaders([a, b], { id: 'x', at: Date.now(), body })
  for (const secret of [a, b])
    expect(() => new Verifier(secret).verify(body, headers)).not.toThrow()
  expect(() => new Verifier(c).verify(body, headers)).toThrow()
  expect(() => new Verifier(a).verify(`${body} `, headers)).toThrow()
  for (const changed of [
    { 'webhook-id': 'y' },
    { 'webhook-timestamp': String(Number(headers['webhook-timestamp']) - 1) },
  ]) {
    expect(() => new Verifier(a).verify(body, { ...headers, ...changed })).toThrow()
  }
})
