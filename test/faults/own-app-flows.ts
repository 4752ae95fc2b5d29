/** Flows of users who are connected to apps. Their events come from the object, by the queue: test/simulation/apps.ts counts them. */
import { appSessionFor, isLive, METADATA, objectRows, otherApp } from '../support/app-sessions'
import { signedInUser } from '../support/users'
import type { Case, Flows } from './flow'

const PATH = '/api/v1/users/apps'
const given = { consent: { mode: 'given', metadataHash: METADATA, atResources: [] } } as const

/** A user with two sessions of one app and what they allowed it. */
async function connected() {
  const ada = await signedInUser()
  const app = otherApp()
  const sessions = [
    await appSessionFor(ada, { grant: app, conditions: given }),
    await appSessionFor(ada, { grant: { ...app, isOffline: true }, conditions: given }),
  ]
  return { ada, app, sessions }
}

export const ownAppFlows: Flows = {
  [`DELETE ${PATH}/{client_id}`]: async () => {
    const { ada, app } = await connected()
    return {
      ask: { method: 'DELETE', path: `${PATH}/${app.clientId}`, token: ada.token },
      isDone: async () => {
        const left = await Promise.all([
          objectRows(ada, 'consents'),
          objectRows(ada, 'app_sessions'),
          objectRows(ada, 'codes'),
        ])
        return left.flat().length === 0
      },
      again: ['not_found'],
    }
  },
}

/** Routes of other flows, by users who are connected to an app. */
export const moreOwnAppFlows: Flows = {
  'the sign-out of a browser with sessions of apps': async (): Promise<Case> => {
    const { ada, sessions } = await connected()
    const [child] = sessions
    return {
      ask: { method: 'POST', path: '/api/v1/auth/logout', token: ada.token },
      isDone: async () => child !== undefined && !(await isLive(ada, child)),
      again: ['invalid_access_token'],
    }
  },
}
