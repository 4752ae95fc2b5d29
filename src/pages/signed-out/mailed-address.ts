/** The cookie with the address that was mailed last: the next pages name it and fill it in. */
import { signToken, verifyToken } from '../../crypto/signed-token'
import type { PageCookie } from '../runtime/cookies'
import type { PageRequest } from '../runtime/page'

export const MAIL_COOKIE_SECONDS = 3600

export async function mailCookie(
  { config }: PageRequest['deps'],
  { email }: { readonly email: string },
): Promise<PageCookie> {
  const note = { about: 'mail', detail: email }
  const value = await signToken(config.TOKEN_KEYS, 'note', note)
  return { name: 'mail', value, maxAge: MAIL_COOKIE_SECONDS }
}

export async function mailedAddress({
  deps,
  cookie,
}: Pick<PageRequest, 'deps' | 'cookie'>): Promise<string | undefined> {
  const note = await verifyToken(deps.config.TOKEN_KEYS, 'note', cookie('mail') ?? '')
  return note?.about === 'mail' ? note.detail : undefined
}
