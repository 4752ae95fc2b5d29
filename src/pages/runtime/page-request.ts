/** The request as the handlers of pages get it, before its address and body are read. */
import type { Context } from 'hono'
import { queryOf } from '../../app-sign-in/authorize-path'
import type { AppEnv } from '../../http/route'
import { readCookie } from './cookies'
import { ownerMark, takeMark } from './form-owner'
import { EMPTY_FORM } from './form-state'
import { formatsFor } from './format'
import { chooseLanguage, type Locale } from './language'
import { nextInFlow } from './local-path'
import type { PageRequest, Visitor } from './page'
import { timeZoneOf } from './preferences'
import { addressOf } from './render'

export type AdmittedRequest = Omit<PageRequest, 'query' | 'params'>

/** Of a form it reads only its owner's mark. */
export async function toRequest(
  c: Context<AppEnv>,
  visitor: Visitor | null,
): Promise<AdmittedRequest> {
  const { mark, request } =
    c.req.method === 'POST' ? await takeMark(c.req.raw) : { mark: undefined, request: c.req.raw }
  c.req.raw = request
  const deps = c.get('deps')
  const path = new URL(c.req.url).pathname
  const common = {
    deps,
    path,
    cookie: (name: Parameters<PageRequest['cookie']>[0]) => readCookie(c, deps.config, name),
    request,
    form: EMPTY_FORM,
    mark,
  }
  return {
    ...common,
    ...seenBy(c, visitor),
    isOwnForm: visitor === null || mark === undefined || mark === (await ownerMark(visitor)),
    as: (found) => ({
      ...c.get('pageRequest'),
      ...seenBy(c, found),
      visitor: found,
    }),
  }
}

/** The parts of a request that depend on the visitor. */
function seenBy(c: Context<AppEnv>, visitor: Visitor | null) {
  const { cf } = c.req.raw as Request<unknown, IncomingRequestCfProperties>
  const { language, texts } = localeOf(c, visitor)
  const timeZone = timeZoneOf(visitor?.user) ?? cf?.timezone
  const format = formatsFor(language, texts, { now: c.get('deps').now, timeZone })
  return { visitor, language, texts, format }
}

const MAX_WISHES = 5
const ownRequest = (address: string): string => (address.startsWith('/oauth/') ? address : '')

/** The user's own language, the language of the switch, and those that the app asks for (`ui_locales`). */
export function localeOf(c: Context<AppEnv>, visitor: Visitor | null): Locale {
  const { config } = c.get('deps')
  const address = addressOf(c)
  const asked = queryOf(nextInFlow(address) ?? ownRequest(address)).get('ui_locales') ?? ''
  const wishes = [
    visitor?.user.language,
    readCookie(c, config, 'language'),
    ...asked.split(' ').slice(0, MAX_WISHES),
  ]
  return chooseLanguage(wishes, c.req.header('accept-language'), config.DEFAULT_LANGUAGE)
}
