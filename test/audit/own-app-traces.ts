/** What every user can do with the apps that they are connected to, route by route. */
import { appSessionFor, otherApp } from '../support/app-sessions'
import { signedInUser } from '../support/users'
import { type Trace, trace } from './traces'

export const OWN_APP_TRACES: Readonly<Record<string, Trace>> = {
  'DELETE /users/apps/{client_id}': trace(['app.disconnected', 'app.signed_out'], async () => {
    const ada = await signedInUser()
    const app = otherApp()
    await appSessionFor(ada, { grant: app })
    return { reply: await ada.asks('DELETE', `/users/apps/${app.clientId}`), about: ada.id }
  }),
}
