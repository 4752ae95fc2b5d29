/** A message that the next page shows once. A signed cookie holds it. */
import type { Context } from 'hono'
import type { Config } from '../../config'
import { signToken, verifyToken } from '../../crypto/signed-token'
import type { AppEnv } from '../../http/route'
import { type PageCookie, readCookie, writeCookie } from './cookies'
import type { FlashName, PageRequest } from './page'

const FLASH_SECONDS = 60

export const flashCookie = async (
  config: Pick<Config, 'TOKEN_KEYS'>,
  about: FlashName,
  detail = '',
): Promise<PageCookie> => ({
  name: 'flash',
  value: await signToken(config.TOKEN_KEYS, 'note', { about, detail }),
  maxAge: FLASH_SECONDS,
})

/** The message of the cookie, if there is one. Removes the cookie. */
export async function takeFlash(
  c: Context<AppEnv>,
  { deps, texts }: Pick<PageRequest, 'deps' | 'texts'>,
): Promise<string | undefined> {
  const cookie = readCookie(c, deps.config, 'flash')
  if (cookie === undefined) return undefined
  writeCookie(c, deps.config, { name: 'flash', value: null })
  const note = await verifyToken(deps.config.TOKEN_KEYS, 'note', cookie)
  const words: Readonly<Record<string, string | ((detail: string) => string)>> = texts.flash
  const said = note && words[note.about]
  return typeof said === 'function' ? said(note?.detail ?? '') : said
}
