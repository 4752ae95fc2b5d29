/** Preferences that other applications keep with an account: shown here, and removable. */
import type { FC } from 'hono/jsx'
import * as z from 'zod'
import { updateProfile } from '../../users/update-profile'
import type { User } from '../../users/user-view'
import { ButtonForm } from '../components/form'
import { Panel } from '../components/layout'
import { formPage } from '../runtime/form-page'
import { redirect } from '../runtime/page'
import { usePage } from '../runtime/page-context'
import { applicationPreferences } from '../runtime/preferences'

const MAX_SHOWN_CHARS = 80

/** The list on the profile's page; nothing when there are none. */
export const ApplicationPreferences: FC<{ user: User }> = ({ user }) => {
  const words = usePage().texts.account.profile
  const all = applicationPreferences(user)
  return all.length === 0 ? null : (
    <Panel title={words.otherSettings} lead={words.otherSettingsLead}>
      <ul class="rows">
        {all.map(([key, value]) => (
          <li>
            <div class="grow">
              <p class="mono">{key}</p>
              <p class="meta mono">{JSON.stringify(value).slice(0, MAX_SHOWN_CHARS)}</p>
            </div>
            <ButtonForm
              action="/account/preferences/remove"
              label={words.removeSetting(key)}
              fields={{ key }}
            >
              {words.remove}
            </ButtonForm>
          </li>
        ))}
      </ul>
    </Panel>
  )
}

export const removePreference = formPage({
  path: '/account/preferences/remove',
  access: 'session',
  fields: () => z.strictObject({ key: z.string().min(1).max(1000) }),
  home: '/account',
  submit: async ({ deps, visitor }, { key }) => {
    await updateProfile(deps, visitor.principal, { preferences: { [key]: null } })
    return redirect('/account', { flash: 'profile_saved' })
  },
})
