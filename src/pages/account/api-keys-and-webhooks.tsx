/** What goes on when sessions end: the user's own API keys, each to be revoked, and their webhooks. */
import type { FC } from 'hono/jsx'
import * as z from 'zod'
import { revokeOwnApiKey } from '../../api-keys/revoke-api-key'
import type { MadeBy } from '../../webhooks/made-by'
import { ButtonForm } from '../components/form'
import { formPage } from '../runtime/form-page'
import { Panel } from '../components/layout'
import { redirect, type PageRequest, type Visitor } from '../runtime/page'
import { When } from '../components/time'

const HOME = '/account/sessions'

interface Props {
  request: PageRequest<Visitor>
  made: MadeBy
}

export const ApiKeysAndWebhooks: FC<Props> = ({ request, made }) => {
  const words = request.texts.account.sessions
  return (
    <>
      {made.api_keys.length > 0 && (
        <Panel title={words.keys} lead={words.keysLead}>
          <ul class="rows">
            {made.api_keys.map((key) => (
              <li>
                <KeyFacts request={request} apiKey={key} />
                <ButtonForm
                  action={`${HOME}/revoke-key`}
                  label={words.revokeOne(key.name)}
                  fields={{ id: key.id }}
                >
                  {words.revoke}
                </ButtonForm>
              </li>
            ))}
          </ul>
        </Panel>
      )}
      {made.webhooks.length > 0 && (
        <Panel title={words.webhooks} lead={words.webhooksLead}>
          <Webhooks request={request} made={made} />
        </Panel>
      )}
    </>
  )
}

/** One key, without what can be done to it. */
export const KeyFacts: FC<{
  request: PageRequest<Visitor>
  apiKey: MadeBy['api_keys'][number]
}> = ({ request, apiKey: key }) => {
  const { format } = request
  const words = request.texts.account.sessions
  return (
    <div class="grow">
      <p>
        <strong>{key.name}</strong>
      </p>
      <p class="meta mono">{key.permissions.join(', ')}</p>
      <p class="meta">
        {words.lastUsed}{' '}
        {key.last_used_at === null ? words.never : <When at={key.last_used_at} format={format} />} ·{' '}
        {words.made} <When at={key.created_at} format={format} /> · {words.ends}{' '}
        <When at={key.expires_at} format={format} />
      </p>
    </div>
  )
}

export const Webhooks: FC<Props> = ({ request, made }) => {
  const words = request.texts.account.sessions
  return (
    <ul class="rows">
      {made.webhooks.map((hook) => (
        <li>
          <div class="grow">
            <p>
              <strong>{hook.host}</strong>{' '}
              {!hook.enabled && <span class="badge">{words.disabled}</span>}
            </p>
            <p class="meta">
              {words.made} <When at={hook.created_at} format={request.format} />
            </p>
          </div>
        </li>
      ))}
    </ul>
  )
}

export const revokeKey = formPage({
  path: `${HOME}/revoke-key`,
  access: 'session',
  fields: z.strictObject({ id: z.string().min(1).max(100) }),
  home: HOME,
  show: () => redirect(HOME),
  submit: async ({ deps, visitor }, { id }) => {
    await revokeOwnApiKey(deps, visitor.principal, id)
    return redirect(HOME, { flash: 'api_key_revoked' })
  },
})
