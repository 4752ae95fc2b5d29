/** Paths of the OAuth routes under PUBLIC_URL, which is the issuer. */
import type { Config } from '../config'

export const ENDPOINTS = {
  authorize: '/oauth/authorize',
  token: '/oauth/token',
  revoke: '/oauth/revoke',
  introspect: '/oauth/introspect',
  userinfo: '/oauth/userinfo',
  device: '/oauth/device',
  signOut: '/oauth/sign-out',
  jwks: '/.well-known/jwks.json',
} as const

export const urlOf = (config: Pick<Config, 'PUBLIC_URL'>, name: keyof typeof ENDPOINTS): string =>
  `${config.PUBLIC_URL}${ENDPOINTS[name]}`
