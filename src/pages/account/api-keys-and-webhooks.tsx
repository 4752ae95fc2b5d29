/** What outlives sessions: the user's own API keys, each with a button to revoke it, and their webhooks. */
import type { FC } from 'hono/jsx'
import * as z from 'zod'
import { revokeOwnApiKey } from '../../api-keys/revoke-api-key'
import type { MadeBy } from '../../webhooks/made-by'
import { ButtonForm } from '../components/form'
import { Panel } from '../components/layout'
import { When } from '../components/time'
import { formPage } from '../runtime/form-page'
import { redirect } from '../runtime/page'
import { usePage } from '../runtime/page-context'

const HOME = '/account/sessions'

export const ApiKeysAndWebhooks: FC<{ made: MadeBy }> = ({ made }) => {
  const words = usePage().texts.account.sessions
  return (
    <>
      {made.api_keys.length > 0 && (
        <Panel title={words.keys} lead={words.keysLead}>
          <ul class="rows">
            {made.api_keys.map((key) => (
              <li>
                <KeyFacts apiKey={key} />
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
          <Webhooks made={made} />
        </Panel>
      )}
    </>
  )
}

/** One key, without a button. */
export const KeyFacts: FC<{ apiKey: MadeBy['api_keys'][number] }> = ({ apiKey: key }) => {
  const words = usePage().texts.account.sessions
  return (
    <div class="grow">
      <p>
        <strong>{key.name}</strong>
      </p>
      <p class="meta mono">{key.permissions.join(', ')}</p>
      <p class="meta">
        {words.lastUsed} {key.last_used_at === null ? words.never : <When at={key.last_used_at} />}{' '}
        · {words.created} <When at={key.created_at} /> · {words.expires}{' '}
        <When at={key.expires_at} />
      </p>
    </div>
  )
}

export const Webhooks: FC<{ made: MadeBy }> = ({ made }) => {
  const words = usePage().texts.account.sessions
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
              {words.created} <When at={hook.created_at} />
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
  submit: async ({ deps, visitor }, { id }) => {
    await revokeOwnApiKey(deps, visitor.principal, id)
    return redirect(HOME, { flash: 'api_key_revoked' })
  },
})
