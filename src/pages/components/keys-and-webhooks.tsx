/** What a user made that outlives their sessions: API keys and webhooks. */
import type { Child, FC } from 'hono/jsx'
import type { MadeBy } from '../../webhooks/made-by'
import { usePage } from '../runtime/page-context'
import { Panel } from './layout'
import { When } from './time'

type MadeKey = MadeBy['api_keys'][number]

interface Props {
  made: MadeBy
  words: { keys: string; keysLead: string; webhooks: string; webhooksLead: string }
  /** The button that revokes a key, for visitors who may. */
  revoke?: ((key: MadeKey) => Child) | undefined
}

export const KeysAndWebhooks: FC<Props> = ({ made, words, revoke }) => (
  <>
    {made.api_keys.length > 0 && (
      <Panel title={words.keys} lead={words.keysLead}>
        <ul class="rows">
          {made.api_keys.map((key) => (
            <li>
              <KeyFacts apiKey={key} />
              {revoke?.(key)}
            </li>
          ))}
        </ul>
      </Panel>
    )}
    {made.webhooks.length > 0 && (
      <Panel title={words.webhooks} lead={words.webhooksLead}>
        <ul class="rows">
          {made.webhooks.map((hook) => (
            <li>
              <WebhookFacts hook={hook} />
            </li>
          ))}
        </ul>
      </Panel>
    )}
  </>
)

const KeyFacts: FC<{ apiKey: MadeKey }> = ({ apiKey: key }) => {
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

const WebhookFacts: FC<{ hook: MadeBy['webhooks'][number] }> = ({ hook }) => {
  const words = usePage().texts.account.sessions
  return (
    <div class="grow">
      <p>
        <strong>{hook.host}</strong> {!hook.enabled && <span class="badge">{words.disabled}</span>}
      </p>
      <p class="meta">
        {words.created} <When at={hook.created_at} />
      </p>
    </div>
  )
}
