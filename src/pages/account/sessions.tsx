/** Where one is signed in, and the ends of it. */
import * as z from 'zod'
import { andKeysFields } from '../../api-keys/and-keys'
import { endOtherSessions } from '../../credentials/end-other-sessions'
import { listOwnSessions, revokeOwnSession } from '../../sessions/own-sessions'
import type { SessionView } from '../../sessions/session-view'
import { madeBy } from '../../webhooks/made-by'
import { ButtonForm, Checkbox, Submit } from '../components/form'
import { formPage } from '../runtime/form-page'
import { EMPTY_FORM } from '../runtime/form-state'
import { Icon } from '../components/icons'
import { redirect, page, type PageRequest, type Visitor } from '../runtime/page'
import { When } from '../components/time'
import { accountArea } from './account-links'
import { ApiKeysAndWebhooks, revokeKey } from './api-keys-and-webhooks'

const HOME = '/account/sessions'

const sessions = page({
  path: HOME,
  access: 'session',
  show: async (request) => {
    const { texts, deps, visitor } = request
    const words = texts.account.sessions
    const [all, made] = await Promise.all([
      listOwnSessions(deps, visitor.principal),
      madeBy(deps, visitor.principal),
    ])
    // This device first; the others stay in the order of their last use.
    const items = [...all.filter((each) => each.current), ...all.filter((each) => !each.current)]
    return {
      ...accountArea(texts),
      title: words.title,
      lead: words.lead,
      main: (
        <>
          <section class="panel">
            <ul class="rows">{items.map((each) => row(request, each))}</ul>
            {items.length > 1 ? (
              <form
                method="post"
                action={`${HOME}/end-others`}
                class="inline"
                data-confirm={words.endOthersAsk}
              >
                {made.api_keys.length > 0 && (
                  <Checkbox form={EMPTY_FORM} name="keys" label={words.alsoKeys} />
                )}
                <Submit look="danger" class="small">
                  {words.endOthers}
                </Submit>
              </form>
            ) : (
              <p class="meta">{words.onlyThis}</p>
            )}
          </section>
          <ApiKeysAndWebhooks request={request} made={made} />
        </>
      ),
    }
  },
})

function row({ texts, format }: PageRequest<Visitor>, each: SessionView) {
  const words = texts.account.sessions
  const device = format.device(each.user_agent)
  const isPhone = /Android|iPhone|iPad|Mobile/.test(each.user_agent ?? '')
  return (
    <li>
      <div class="grow with-icon">
        <Icon name={isPhone ? 'phone' : 'laptop'} size={26} />
        <div>
          <p>
            <strong>{device}</strong>{' '}
            {each.current && <span class="badge good">{words.current}</span>}
            {each.remember_me && <span class="badge">{words.remembered}</span>}
          </p>
          <p class="meta">
            {format.place(each.country)}
            {each.ip !== null && ` · ${each.ip}`}
          </p>
          <p class="meta">
            {words.lastUsed} <When at={each.last_used_at} format={format} /> · {words.signedIn}{' '}
            <When at={each.created_at} format={format} />
          </p>
        </div>
      </div>
      {!each.current && (
        <ButtonForm action={`${HOME}/end`} label={words.endOne(device)} fields={{ id: each.id }}>
          {words.end}
        </ButtonForm>
      )}
    </li>
  )
}

const end = formPage({
  path: `${HOME}/end`,
  access: 'session',
  fields: z.strictObject({ id: z.string().min(1).max(100) }),
  home: HOME,
  show: () => redirect(HOME),
  submit: async ({ deps, visitor }, { id }) => {
    await revokeOwnSession(deps, visitor.principal, id)
    return redirect(HOME, { flash: 'session_revoked' })
  },
})

const endOthers = formPage({
  path: `${HOME}/end-others`,
  access: 'session',
  fields: z.strictObject(andKeysFields),
  home: HOME,
  show: () => redirect(HOME),
  submit: async ({ deps, visitor }, { keys }) => {
    await endOtherSessions(deps, visitor.principal, { keys })
    return redirect(HOME, { flash: keys ? 'sessions_and_keys_revoked' : 'sessions_revoked' })
  },
})

export const sessionPages = [sessions, end, endOthers, revokeKey]
