/** Where the user is signed in, and their API keys and webhooks, with buttons to end sessions and revoke keys. */
import * as z from 'zod'
import { andKeysFields } from '../../api-keys/and-keys'
import { revokeOwnApiKey } from '../../api-keys/revoke-api-key'
import { revokeOtherSessions } from '../../credentials/revoke-other-sessions'
import { listOwnSessions, revokeOwnSession } from '../../sessions/own-sessions'
import { madeBy } from '../../webhooks/made-by'
import { Checkbox } from '../components/choices'
import { ButtonForm, Submit } from '../components/form'
import { KeysAndWebhooks } from '../components/keys-and-webhooks'
import { SessionItem } from '../components/session-item'
import { formPage } from '../runtime/form-page'
import { redirect, page } from '../runtime/page'
import { accountArea } from './account-area'
import { TrustedBrowsersPanel, trustedBrowsersOf } from './trusted-browsers'

const HOME = '/account/sessions'

const sessions = page({
  path: HOME,
  access: 'session',
  show: async (request) => {
    const { texts, deps, visitor } = request
    const words = texts.account.sessions
    const [all, made, trusted] = await Promise.all([
      listOwnSessions(deps, visitor.principal),
      madeBy(deps, visitor.principal),
      trustedBrowsersOf(request),
    ])
    // This device first; the others stay in the order of their last use.
    const items = [...all.filter((each) => each.current), ...all.filter((each) => !each.current)]
    const end = { action: `${HOME}/end`, label: words.endOne, name: 'id', text: words.end }
    return {
      ...accountArea(texts),
      title: words.title,
      lead: words.lead,
      main: (
        <>
          <section class="panel">
            <ul class="rows">
              {items.map((each) => (
                <SessionItem
                  session={each}
                  words={words}
                  other={{ label: words.signedIn, at: each.created_at }}
                  end={each.current ? null : end}
                />
              ))}
            </ul>
            {items.length > 1 ? (
              <form
                method="post"
                action={`${HOME}/end-others`}
                class="inline"
                data-confirm={words.endOthersAsk}
              >
                {made.api_keys.length > 0 && <Checkbox name="keys" label={words.alsoKeys} />}
                <Submit look="danger" class="small">
                  {words.endOthers}
                </Submit>
              </form>
            ) : (
              <p class="meta">{words.onlyThis}</p>
            )}
          </section>
          <TrustedBrowsersPanel {...trusted} />
          <KeysAndWebhooks
            made={made}
            words={words}
            revoke={({ id, name }) => (
              <ButtonForm
                action={`${HOME}/revoke-key`}
                label={words.revokeOne(name)}
                fields={{ id }}
              >
                {words.revoke}
              </ButtonForm>
            )}
          />
        </>
      ),
    }
  },
})

const byId = () => z.strictObject({ id: z.string().min(1).max(100) })

const endOne = formPage({
  path: `${HOME}/end`,
  access: 'session',
  fields: byId,
  home: HOME,
  submit: async ({ deps, visitor }, { id }) => {
    await revokeOwnSession(deps, visitor.principal, id)
    return redirect(HOME, { flash: 'session_revoked' })
  },
})

const endOthers = formPage({
  path: `${HOME}/end-others`,
  access: 'session',
  fields: () => z.strictObject(andKeysFields),
  home: HOME,
  submit: async ({ deps, visitor }, { keys }) => {
    await revokeOtherSessions(deps, visitor.principal, { keys })
    return redirect(HOME, { flash: keys ? 'sessions_and_keys_revoked' : 'sessions_revoked' })
  },
})

const revokeKey = formPage({
  path: `${HOME}/revoke-key`,
  access: 'session',
  fields: byId,
  home: HOME,
  submit: async ({ deps, visitor }, { id }) => {
    await revokeOwnApiKey(deps, visitor.principal, id)
    return redirect(HOME, { flash: 'api_key_revoked' })
  },
})

export const sessionPages = [sessions, endOne, endOthers, revokeKey]
