/** Apps and resources, written straight into D1. Tests of the admin API make theirs by the API. */
import { env } from 'cloudflare:workers'
import { forgetAppMap } from '../../src/apps/app-map'
import { newSector } from '../../src/apps/app-subject'
import { randomId, sha256, toBase64Url } from '../../src/crypto/encoding'
import { runBatch } from '../../src/db/batch'
import { type AppRow, FIRST_PARTY_SECTOR } from '../../src/tables/apps'
import { depsFor } from './deps'

export const REDIRECT_URI = 'https://client.example.org/callback'

export interface MadeApp {
  clientId: string
  secret: string | null
}

/** An app that is a first-party web app with a secret, unless told otherwise. Scopes: all standard ones. */
export async function makeApp(made: Partial<AppRow> = {}): Promise<MadeApp> {
  const deps = depsFor()
  const {
    clientId = randomId(),
    kind = 'web',
    authMethod = kind === 'spa' || kind === 'native' ? 'none' : 'client_secret_basic',
    isFirstParty = true,
  } = made
  const hasSecret = authMethod.startsWith('client_secret')
  const secret = hasSecret ? toBase64Url(crypto.getRandomValues(new Uint8Array(32))) : null
  const sector = isFirstParty ? FIRST_PARTY_SECTOR : randomId()
  await runBatch(env, [await newSector(deps, sector)])
  const columns = {
    client_id: clientId,
    source: made.source ?? 'admin',
    name: made.name ?? 'Orders',
    kind,
    auth_method: authMethod,
    secret_hash: secret && (await sha256(secret)),
    jwks: made.jwks ? JSON.stringify(made.jwks) : null,
    redirect_uris: JSON.stringify(made.redirectUris ?? [REDIRECT_URI]),
    post_logout_redirect_uris: JSON.stringify(made.postLogoutRedirectUris ?? []),
    backchannel_logout_uri: made.backchannelLogoutUri ?? null,
    initiate_login_uri: made.initiateLoginUri ?? null,
    scopes: JSON.stringify(
      made.scopes ?? ['openid', 'profile', 'email', 'roles', 'permissions', 'offline_access'],
    ),
    resources: JSON.stringify(made.resources ?? []),
    first_party: isFirstParty ? 1 : 0,
    pkce: made.pkce ?? 'required',
    id_token_alg: made.idTokenAlg ?? 'RS256',
    sector_id: made.sectorId ?? sector,
    device_flow: made.allowsDeviceFlow ? 1 : 0,
    required_permission: made.requiredPermission ?? null,
    logo_uri: made.logoUri ?? null,
    policy_uri: made.policyUri ?? null,
    tos_uri: made.tosUri ?? null,
    disabled_at: made.disabledAt ?? null,
    created_at: deps.now,
    updated_at: deps.now,
  }
  await insert('apps', columns)
  return { clientId, secret }
}

interface MadeResource {
  identifier?: string
  name?: string
  tokenTtlSeconds?: number
  isOpenToMetadataApps?: boolean
  scopes?: { name: string; permission?: string | null; description?: string }[]
}

/** A resource, and the secret by which its server introspects tokens. */
export async function makeResource(
  made: MadeResource = {},
): Promise<{ id: string; identifier: string; secret: string }> {
  const id = randomId()
  const identifier = made.identifier ?? `https://api.example.org/${randomId()}`
  const secret = toBase64Url(crypto.getRandomValues(new Uint8Array(32)))
  await insert('resources', {
    id,
    identifier,
    name: made.name ?? 'Orders API',
    token_ttl_seconds: made.tokenTtlSeconds ?? 600,
    open_to_metadata_apps: made.isOpenToMetadataApps ? 1 : 0,
    secret_hash: await sha256(secret),
    created_at: Date.now(),
  })
  for (const { name, permission = null, description = '' } of made.scopes ?? []) {
    await insert('scopes', { resource_id: id, name, permission, description })
  }
  return { id, identifier, secret }
}

/** Inserts one row, and makes this isolate read apps again. */
async function insert(table: string, row: Record<string, string | number | null>): Promise<void> {
  const names = Object.keys(row)
  await env.DB.prepare(
    `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
  )
    .bind(...Object.values(row))
    .run()
  forgetAppMap(depsFor())
}
