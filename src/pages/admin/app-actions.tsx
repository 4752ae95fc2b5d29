/** Buttons for the actions on an app. Each explains its action before it runs. */
import type { FC } from 'hono/jsx'
import type { App } from '../../apps/app-view'
import { Panel } from '../components/layout'
import { usePage } from '../runtime/page-context'
import { appPath } from './app-parts'
import { Ask } from './console'

export const AppActions: FC<{ app: App }> = ({ app }) => {
  const { apps: words } = usePage().texts.admin
  const { client_id: id } = app
  return (
    <Panel title={words.actions}>
      <div class="actions">
        {app.auth_method.startsWith('client_secret') && (
          <>
            <Ask
              label={words.rotate}
              explain={words.rotateLead}
              action={appPath(id, 'rotate-secret')}
            />
            <Ask
              label={words.rotateNow}
              explain={words.rotateNowLead}
              action={appPath(id, 'replace-secret')}
              isDanger
            />
          </>
        )}
        {app.enabled ? (
          <Ask
            label={words.disable}
            explain={words.disableLead}
            action={appPath(id, 'disable')}
            isDanger
          />
        ) : (
          <Ask label={words.enable} explain={words.enableLead} action={appPath(id, 'enable')} />
        )}
        <Ask
          label={words.remove}
          explain={words.removeLead}
          action={appPath(id, 'delete')}
          isDanger
        />
      </div>
    </Panel>
  )
}
