/** A device without a browser, and the browser of its user. */
import { allowDevice } from '../../src/app-sign-in/decide-device'
import { type Fields, postForm } from '../app-tokens/flow'
import type { Shown, Visitor } from '../pages/visitor'
import type { Reply } from '../support/api'
import { makeApp, type MadeApp } from '../support/apps'
import { depsFor } from '../support/deps'
import type { SignedInUser } from '../support/users'
import { unescaped } from './flow'

export const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'

export interface Codes {
  device_code: string
  user_code: string
  verification_uri: string
  verification_uri_complete: string
  expires_in: number
  interval: number
}

export const deviceApp = (made: Parameters<typeof makeApp>[0] = {}): Promise<MadeApp> =>
  makeApp({ kind: 'native', name: 'Television', allowsDeviceFlow: true, ...made })

export const askDevice = (
  app: MadeApp,
  fields: Fields = { scope: 'openid profile offline_access' },
  headers: Record<string, string> = {},
): Promise<Reply> => postForm('/oauth/device', fields, app, headers)

export async function codesFor(app: MadeApp, fields?: Fields): Promise<Codes> {
  const { status, body } = await askDevice(app, fields)
  if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`)
  return body
}

export const poll = (
  app: MadeApp,
  { device_code }: Pick<Codes, 'device_code'>,
  more: Record<string, string> = {},
): Promise<Reply> =>
  postForm('/oauth/token', { grant_type: DEVICE_GRANT, device_code, ...more }, app)

/** The status, with the error if there is one. */
export const polled = async (...args: Parameters<typeof poll>): Promise<string> => {
  const { status, body } = await poll(...args)
  return `${status} ${body.error ?? 'tokens'}`
}

export const enterCode = (visitor: Visitor, userCode: string): Promise<Shown> =>
  visitor.post('/device', { user_code: userCode })

export const decideDevice = (
  visitor: Visitor,
  userCode: string,
  decision: 'allow' | 'deny' = 'allow',
): Promise<Shown> => visitor.post('/device/decide', { user_code: userCode, decision })

export const textOf = ({ html }: Shown): string =>
  unescaped(html.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ')) ?? ''

/** The decision as the page makes it. */
export const approveDevice = (
  { sessionId: sid, subject }: Pick<SignedInUser, 'sessionId' | 'subject'>,
  { user_code: code }: Codes,
) => allowDevice(depsFor(), { sid, subject }, code)
