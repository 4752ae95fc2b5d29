/**
 * Outside its user's object, a session is identified by the SHA-256 of its id. A reader of D1, a
 * queue or a webhook learns no id, and so cannot name a live session even with a stolen signing
 * key. The hash needs no salt or key: half of an id is 128 random bits.
 */
import { createHash } from 'node:crypto'

/** A session id: 44 characters of base64url. A hash ends in `=`. */
const SESSION_ID = /^[\w-]{44}$/

/**
 * SHA-256 of a session id, base64url with padding (44 characters). Synchronous, because the object
 * must not await between reading and writing.
 */
export const sessionHash = (sid: string): string =>
  `${createHash('sha256').update(sid).digest('base64url')}=`

/** The hash of a session id; a text that is already a hash is returned as it is. */
const asSessionHash = (text: string): string => (SESSION_ID.test(text) ? sessionHash(text) : text)

/** An event's data with hashes instead of session ids. Events of older versions contain ids. */
export function withoutSessionIds<T extends object>(data: T): T {
  const hashed = { ...data } as Record<string, unknown>
  const { session_id: one, session_ids: many } = hashed
  if (typeof one === 'string') hashed['session_id'] = asSessionHash(one)
  if (Array.isArray(many)) {
    hashed['session_ids'] = many.map((each) =>
      typeof each === 'string' ? asSessionHash(each) : (each as unknown),
    )
  }
  return hashed as T
}
