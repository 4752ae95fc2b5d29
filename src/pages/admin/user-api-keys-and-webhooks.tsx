/** What of a user outlives their sessions: API keys and webhooks. */
import type { FC } from 'hono/jsx'
import type { MadeBy } from '../../webhooks/made-by'
import { KeyFacts, Webhooks } from '../account/api-keys-and-webhooks'
import { ButtonForm } from '../components/form'
import { Panel } from '../components/layout'
import { useConsoleTexts } from '../runtime/page-context'

interface Props {
  userId: number
  made: MadeBy
  mayRevoke: boolean
}

export const UserApiKeysAndWebhooks: FC<Props> = ({ userId, made, mayRevoke }) => {
  const { user: words } = useConsoleTexts()
  return (
    <>
      {made.api_keys.length > 0 && (
        <Panel title={words.keys} lead={words.keysLead}>
          <ul class="rows">
            {made.api_keys.map((key) => (
              <li>
                <KeyFacts apiKey={key} />
                {mayRevoke && (
                  <ButtonForm
                    action={`/admin/users/${userId}/revoke-key`}
                    label={words.revokeKeyLabel(key.name)}
                    fields={{ key_id: key.id }}
                  >
                    {words.revokeKey}
                  </ButtonForm>
                )}
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
