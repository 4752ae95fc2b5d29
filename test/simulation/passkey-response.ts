/** The passkeys that a user has, and their responses to a challenge of the second step. */
import { env } from 'cloudflare:workers'
import type { KnownPasskey, Somebody } from './model'
import type { World } from './world'

export const origin = String((env as unknown as Record<string, string>)['PUBLIC_URL'])

export const livePasskeys = ({ passkeys }: Somebody): KnownPasskey[] =>
  passkeys.filter(({ state }) => state === 'live')

/** A passkey's response to a challenge of the second step, which need not verify the user. */
export async function secondStepByPasskey(
  world: World,
  { credentialId, authenticator }: KnownPasskey,
  challenge: string,
): Promise<{ proof: { credential: object }; challenge_token: string } | undefined> {
  const path = '/api/v1/auth/2fa/passkey/options'
  const asked = await world.ask({ method: 'POST', path, body: { challenge_token: challenge } })
  if (asked.status !== 200) return undefined
  const { publicKey, challenge_token } = asked.body
  const only = { ...publicKey, allowCredentials: [{ id: credentialId }] }
  const isUserVerified = world.random.chance(0.5)
  const credential = await authenticator.get(only, { origin, isUserVerified })
  return { proof: { credential }, challenge_token }
}
