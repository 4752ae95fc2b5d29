/** What apps do at the OAuth routes. */
import { codeFor, redeem, revoke, tokensFor } from '../app-tokens/flow'
import { makeApp } from '../support/apps'
import { signedInUser } from '../support/users'
import { type Trace, trace } from './traces'

export const OAUTH_TRACES: Readonly<Record<string, Trace>> = {
  'POST /oauth/token': trace('app.signed_in', async () => {
    const [app, ada] = [await makeApp(), await signedInUser()]
    return { reply: await redeem(app, await codeFor(app, ada)), about: ada.id }
  }),
  'POST /oauth/revoke': trace('app.signed_out', async () => {
    const [app, ada] = [await makeApp(), await signedInUser()]
    const { refresh_token } = await tokensFor(app, ada)
    return { reply: await revoke(app, refresh_token), about: ada.id }
  }),
  'POST /oauth/device': { leavesNothing: 'nothing has changed until a user decides' },
  'POST /oauth/introspect': {
    leavesNothing: 'it changes nothing: a POST keeps the token out of URLs',
  },
  'POST /oauth/userinfo': {
    leavesNothing: 'it changes nothing: a POST keeps the token out of URLs',
  },
}
