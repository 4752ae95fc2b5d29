/**
 * Creates a one-time token for a user, as an email would carry it, whether or not the product would
 * send one.
 */
import { eq } from 'drizzle-orm'
import { randomId } from '../../src/crypto/encoding'
import { mailToken, type TokenPurpose } from '../../src/crypto/mail-token'
import { runBatch } from '../../src/db/batch'
import { newToken, storeToken } from '../../src/one-time-tokens/one-time-token'
import { users } from '../../src/tables/users'
import { depsFor } from './deps'

export async function mintToken(userId: number, purpose: TokenPurpose): Promise<string> {
  const deps = depsFor()
  const id = randomId()
  const { TOKEN_KEYS } = deps.config
  await runBatch(deps, [
    storeToken(deps, await newToken(deps, purpose, id, 3600), eq(users.id, userId)),
  ])
  const token = await mailToken(TOKEN_KEYS, TOKEN_KEYS.ids[0], purpose, id)
  if (!token) throw new Error('the newest key is there')
  return token
}
