/** What of a user goes on when their sessions end: API keys and webhooks. */
import type { FC } from 'hono/jsx'
import type { MadeBy } from '../../webhooks/made-by'
import { KeyFacts, Webhooks } from '../account/api-keys-and-webhooks'
import { Hidden } from '../components/form'
import { Panel } from '../components/layout'
import type { StaffRequest } from './shell'

interface Props {
  request: StaffRequest
  userId: number
  made: MadeBy
  mayRevoke: boolean
}

export const UserApiKeysAndWebhooks: FC<Props> = ({ request, userId, made, mayRevoke }) => {
  const { user: words } = request.texts.admin
  return (
    <>
      {made.api_keys.length > 0 && (
        <Panel title={words.keys} lead={words.keysLead}>
          <ul class="rows">
            {made.api_keys.map((key) => (
              <li>
                <KeyFacts request={request} apiKey={key} />
                {mayRevoke && (
                  <form method="post" action={`/admin/users/${userId}/revoke-key`}>
                    <Hidden name="key_id" value={key.id} />
                    <button class="button quiet small" aria-label={words.revokeKeyLabel(key.name)}>
                      {words.revokeKey}
                    </button>
                  </form>
                )}
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
