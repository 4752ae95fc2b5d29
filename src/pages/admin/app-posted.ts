/** Turns posted forms about apps into the API's fields. */
import * as z from 'zod'
import { appChangeFields, newAppFields } from '../../apps/app-fields'
import type { AppKind } from '../../apps/redirect-uri'
import { invalidFields } from '../../errors'
import { postedFields } from './posted-fields'

const MAX_LIST_CHARS = 10_000
const MAX_JWKS_CHARS = 20_000
const text = () => z.string().max(2000).default('')
/** Only forms that show the field post it, so that a form without it keeps what the API has set. */
const address = () => z.string().max(2000).optional()
const uris = () => z.string().max(MAX_LIST_CHARS).default('')
const names = () => z.array(z.string().max(500)).max(200).default([])

export const appFormFields = () => ({
  name: z.string().max(400).default(''),
  redirect_uris: uris(),
  post_logout_redirect_uris: uris(),
  backchannel_logout_uri: address(),
  initiate_login_uri: address(),
  logo_uri: address(),
  policy_uri: address(),
  tos_uri: address(),
  scopes: names(),
  resources: names(),
  required_permission: text(),
  auth_method: text(),
  jwks: z.string().max(MAX_JWKS_CHARS).default(''),
  pkce: text(),
  id_token_alg: text(),
  device_flow: z.literal('true').optional(),
})
type Posted = z.output<z.ZodObject<ReturnType<typeof appFormFields>>>

const lines = (posted: string): string[] =>
  posted.split(/[\r\n]+/).flatMap((line) => line.trim() || [])
const orNull = (posted: string): string | null => posted.trim() || null
const addressOf = (posted: string | undefined) =>
  posted === undefined ? undefined : orNull(posted)

/** The fields as the API takes them. An empty choice is left to the default. */
const toFields = (posted: Posted) => ({
  name: posted.name,
  redirect_uris: lines(posted.redirect_uris),
  post_logout_redirect_uris: lines(posted.post_logout_redirect_uris),
  backchannel_logout_uri: addressOf(posted.backchannel_logout_uri),
  initiate_login_uri: addressOf(posted.initiate_login_uri),
  logo_uri: addressOf(posted.logo_uri),
  policy_uri: addressOf(posted.policy_uri),
  tos_uri: addressOf(posted.tos_uri),
  scopes: posted.scopes,
  resources: posted.resources,
  required_permission: orNull(posted.required_permission),
  auth_method: posted.auth_method || undefined,
  // Keys that are left over from another choice count for nothing.
  jwks: posted.auth_method === 'private_key_jwt' ? keysOf(posted.jwks) : undefined,
  pkce: posted.pkce || undefined,
  id_token_alg: posted.id_token_alg || undefined,
  device_flow: posted.device_flow !== undefined,
})

function keysOf(posted: string): unknown {
  if (posted.trim() === '') return null
  try {
    return JSON.parse(posted)
  } catch {
    throw invalidFields([{ path: 'jwks', code: 'invalid_format', message: 'Not JSON' }])
  }
}

/** The definition of a new app that was posted. Throws `validation_failed`. */
export const newAppOf = (posted: Posted, kind: AppKind, isOwn: boolean) =>
  postedFields(z.object(newAppFields()), { ...toFields(posted), kind, first_party: isOwn })

/** The change that was posted. Throws `validation_failed`. */
export const appChangeOf = (posted: Posted) =>
  postedFields(z.object(appChangeFields()), toFields(posted))
