import { and, eq, sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { lock, type Place, unlock } from '../crypto/secret-box'
import { signingKeys } from '../sessions/schema'
import { users } from '../users/schema'
import { pendingSecretPlace, secretPlace } from './match-factor'

const ROWS_A_RUN = 500

/**
 * Moves encrypted columns to the newest entry of DATA_KEYS, some hundred rows a run, until none is
 * left on an older one (the key census says so). Each value is replaced only if it is still the one
 * that was read. A value that cannot be opened is counted and left alone.
 */
export async function reEncrypt(deps: Deps): Promise<{ moved: number; unreadable: number }> {
  const newest = deps.config.DATA_KEYS.ids[0]
  // As ranges around the newest key's own, which an index answers: `/` comes behind `.`.
  const isOld = (column: string) => {
    const name = sql.raw(column)
    return sql`(${name} < ${`${newest}.`} OR ${name} >= ${`${newest}/`})`
  }
  const secrets = await deps.db
    .select({ id: users.id, subject: users.subject, secret: users.twoFactorSecret })
    .from(users)
    .where(sql`two_factor_secret IS NOT NULL AND ${isOld('two_factor_secret')}`)
    .limit(ROWS_A_RUN)
  const pending = await deps.db
    .select({ id: users.id, subject: users.subject, secret: users.twoFactorPendingSecret })
    .from(users)
    .where(sql`two_factor_pending_secret IS NOT NULL AND ${isOld('two_factor_pending_secret')}`)
    .limit(ROWS_A_RUN)
  const keys = await deps.db
    .select({ kid: signingKeys.kid, privateKey: signingKeys.privateKey })
    .from(signingKeys)
    .where(isOld('private_key'))
  const counts = { moved: 0, unreadable: 0 }
  for (const { id, subject, secret } of secrets) {
    await move(deps, counts, secretPlace(subject), secret ?? '', (fresh, old) =>
      deps.db
        .update(users)
        .set({ twoFactorSecret: fresh })
        .where(and(eq(users.id, id), eq(users.twoFactorSecret, old))),
    )
  }
  for (const { id, subject, secret } of pending) {
    await move(deps, counts, pendingSecretPlace(subject), secret ?? '', (fresh, old) =>
      deps.db
        .update(users)
        .set({ twoFactorPendingSecret: fresh })
        .where(and(eq(users.id, id), eq(users.twoFactorPendingSecret, old))),
    )
  }
  for (const { kid, privateKey } of keys) {
    await move(deps, counts, `signing_keys.private_key/${kid}`, privateKey, (fresh, old) =>
      deps.db
        .update(signingKeys)
        .set({ privateKey: fresh })
        .where(and(eq(signingKeys.kid, kid), eq(signingKeys.privateKey, old))),
    )
  }
  return counts
}

async function move(
  deps: Deps,
  counts: { moved: number; unreadable: number },
  place: Place,
  old: string,
  replace: (fresh: string, old: string) => PromiseLike<unknown>,
): Promise<void> {
  const { DATA_KEYS } = deps.config
  let plain: string
  try {
    plain = await unlock(DATA_KEYS, place, old)
  } catch {
    counts.unreadable += 1
    return
  }
  await replace(await lock(DATA_KEYS, place, plain), old)
  counts.moved += 1
}
