/** A passkey that is refused in step-up must not forgive wrong codes: a thief could guess on and on. */
import { expect, test } from 'vitest'
import { growStale, passkeyProof, stepUp } from '../step-up/people'
import { said } from '../support/api'
import { stopClock } from '../support/clock'
import { addPasskey, deviceBound, used } from '../support/passkeys'
import { ok, userWithSecondFactor } from '../support/second-factor'
import { wrongCode } from '../support/totp'

stopClock()

async function guessing() {
  const authenticator = deviceBound()
  const ada = { ...(await userWithSecondFactor()), authenticator }
  ok(await addPasskey(ada, authenticator))
  growStale()
  const code = await wrongCode(ada.secret)
  const guess = async (times: number) => {
    const replies: string[] = []
    for (let n = 0; n < times; n++) replies.push(said(await stepUp(ada, { code })))
    return replies
  }
  return { ada, authenticator, guess }
}
const WRONG = '400 invalid_2fa_code'

test('one whose key was copied', async () => {
  const { ada, authenticator, guess } = await guessing()
  ok(await stepUp(ada, await passkeyProof(ada)))
  const copied = async () => {
    const options = ok(await ada.asks('POST', '/auth/step-up/passkey/options'))
    return stepUp(ada, { passkey: await used(options, authenticator, { signCount: 1 }) })
  }
  expect(await guess(5)).toEqual(Array(5).fill(WRONG))
  expect(said(await copied())).toBe('400 invalid_passkey')
  expect(await guess(4)).toEqual(Array(4).fill(WRONG))
  expect(await guess(1)).toEqual(['429 too_many_attempts'])
})

test('a response that was used before', async () => {
  const { ada, guess } = await guessing()
  const proof = await passkeyProof(ada)
  ok(await stepUp(ada, proof))
  expect(await guess(5)).toEqual(Array(5).fill(WRONG))
  expect(said(await stepUp(ada, proof))).toBe('400 invalid_passkey')
  expect(await guess(4)).toEqual(Array(4).fill(WRONG))
  expect(await guess(1)).toEqual(['429 too_many_attempts'])
})

test('a right one is no attempt', async () => {
  const { ada, guess } = await guessing()
  expect(await guess(9)).toEqual(Array(9).fill(WRONG))
  for (let n = 0; n < 3; n++) ok(await stepUp(ada, await passkeyProof(ada)))
  expect(await guess(1)).toEqual([WRONG])
})
