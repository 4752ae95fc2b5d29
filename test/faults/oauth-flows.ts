/** Flows of apps at the OAuth routes, with the user's object failing under them. */
import { approveDevice, codesFor, DEVICE_GRANT, deviceApp } from '../app-sign-in/device-flow'
import {
  basic,
  claimsOf,
  codeFor,
  type Fields,
  tokensFor,
  userinfo,
  VERIFIER,
} from '../app-tokens/flow'
import { rowsOf } from '../db/rows'
import { objectRows } from '../support/app-sessions'
import { makeApp, type MadeApp, REDIRECT_URI } from '../support/apps'
import { signedInUser } from '../support/users'
import type { Case, Flows } from './flow'

/** One for the file: an isolate reads the apps every five seconds, and the clock stands still. */
let made: Promise<MadeApp> | undefined
const anApp = () => (made ??= makeApp())

let deviceMade: Promise<MadeApp> | undefined
const aDeviceApp = () => (deviceMade ??= deviceApp({ kind: 'web' }))

const form = (app: MadeApp, path: string, fields: Fields) => ({
  method: 'POST',
  path,
  body: new URLSearchParams(fields as Record<string, string>).toString(),
  headers: {
    'content-type': 'application/x-www-form-urlencoded',
    authorization: basic(app.clientId, app.secret ?? ''),
  },
})

async function connected() {
  const [app, ada] = [await anApp(), await signedInUser()]
  return { app, ada, ...(await tokensFor(app, ada)) }
}

const isGood = async (token: string): Promise<boolean> => (await userinfo(token)).status === 200

const reading = (title: 'GET' | 'POST') => async (): Promise<Case> => {
  const { access_token: token, id_token } = await connected()
  return {
    ask: { method: title, path: '/oauth/userinfo', token },
    isDone: async (answer) => answer === undefined || answer.sub === claimsOf(id_token)['sub'],
  }
}

export const oauthFlows: Flows = {
  'POST /oauth/token': async () => {
    const [app, ada] = [await anApp(), await signedInUser()]
    const code = await codeFor(app, ada)
    return {
      ask: form(app, '/oauth/token', {
        grant_type: 'authorization_code',
        code,
        redirect_uri: REDIRECT_URI,
        code_verifier: VERIFIER,
      }),
      // A second try with a code whose first answer was lost ends what that one opened (RFC 9700).
      isDone: async (answer) =>
        answer === undefined
          ? (await objectRows(ada, 'app_sessions')).length === 0
          : isGood(answer.access_token),
      again: ['invalid_grant'],
    }
  },
  'POST /oauth/revoke': async () => {
    const { app, access_token, refresh_token } = await connected()
    return {
      ask: form(app, '/oauth/revoke', { token: refresh_token }),
      isDone: async () => !(await isGood(access_token)),
    }
  },
  'POST /oauth/device': async () => {
    const app = await aDeviceApp()
    const rows = async () => {
      const [found] = await rowsOf('SELECT count(*) AS n FROM device_authorizations')
      return Number(found?.['n'])
    }
    const before = await rows()
    return {
      ask: form(app, '/oauth/device', { scope: 'openid' }),
      isDone: async (answer) => answer === undefined || (await rows()) > before,
    }
  },
  'POST /oauth/introspect': async () => {
    const { app, access_token: token } = await connected()
    return {
      ask: form(app, '/oauth/introspect', { token }),
      isDone: async (answer) => answer === undefined || answer.active,
    }
  },
  'POST /oauth/userinfo': reading('POST'),
}

/** Other cases of these routes. */
export const moreOAuthFlows: Flows = {
  'GET /oauth/userinfo': reading('GET'),
  'a device code': async () => {
    const [app, ada] = [await aDeviceApp(), await signedInUser()]
    const codes = await codesFor(app, { scope: 'openid' })
    await approveDevice(ada, codes)
    return {
      ask: form(app, '/oauth/token', {
        grant_type: DEVICE_GRANT,
        device_code: codes.device_code,
      }),
      // An answer that was lost leaves a session that nobody has tokens of. There are never two.
      isDone: async (answer) =>
        answer === undefined
          ? (await objectRows(ada, 'app_sessions')).length <= 1
          : isGood(answer.access_token),
      again: ['expired_token', 'access_denied', 'authorization_pending'],
    }
  },
  'a refresh token': async () => {
    const { app, refresh_token } = await connected()
    return {
      ask: form(app, '/oauth/token', { grant_type: 'refresh_token', refresh_token }),
      // An answer that was lost is given again within the grace period.
      isDone: async (answer) => answer === undefined || isGood(answer.access_token),
    }
  },
}
