/**
 * Apps whose client id is the URL of a metadata document (draft-ietf-oauth-client-id-metadata-document). They are
 * third parties and nothing about them is stored before a user consents. A row in `apps`, made then, only lets admins
 * see the app, disable it, or require a permission. Everything else comes from the document.
 */
import type { Deps } from '../context'
import { asAscii } from '../http/oauth-route'
import { log } from '../log'
import { type AppRow, METADATA_SECTOR } from '../tables/apps'
import { reserveDocument } from '../throttle/reserve'
import { type AppMap, appMap } from './app-map'
import { clientIdUrlFault } from './client-id-url'
import {
  forget,
  isFresh,
  isUsable,
  type KeptDocument,
  remember,
  remembered,
  share,
  shared,
} from './document-cache'
import { lifetimeOf } from './document-lifetime'
import { DocumentFault, fetchDocument } from './fetch-document'
import { parseMetadataDocument } from './metadata-document'

/** Why an app cannot be used, in words for developers. `retryAfter`: it may be later, in seconds. */
export interface AppFault {
  readonly fault: string
  readonly retryAfter?: number
}

/** The scopes about a user that such an app may ask for. Unregistered apps get no roles and permissions. */
const SCOPES = ['openid', 'profile', 'email', 'offline_access']
const DISABLED: AppFault = { fault: 'This app is disabled' }
/** Tokens that an app gets for itself have its client id as audience: the API would take them for its own. */
const AN_API: AppFault = { fault: 'The client id is the identifier of an API' }
const RETRY_SECONDS = 30

/** The app as its document says now. Fetches the document if none is kept. */
export async function metadataApp(deps: Deps, clientId: string): Promise<AppRow | AppFault> {
  const fault = clientIdUrlFault(deps.config, clientId)
  if (fault !== undefined) return { fault }
  const map = await appMap(deps)
  if (map.resourcesByIdentifier.has(clientId)) return AN_API
  if (map.apps.get(clientId)?.disabledAt != null) return DISABLED
  const found = await documentOf(deps, clientId, map.apps.has(clientId))
  return 'fault' in found ? found : toApp(map, found)
}

/**
 * The app without asking its host: to check tokens, where only its rights count, not what its document says. Undefined
 * if it is disabled.
 */
export async function metadataAppUnasked(
  deps: Deps,
  clientId: string,
): Promise<AppRow | undefined> {
  if (clientIdUrlFault(deps.config, clientId) !== undefined) return undefined
  const map = await appMap(deps)
  const row = map.apps.get(clientId)
  if (row?.disabledAt != null || map.resourcesByIdentifier.has(clientId)) return undefined
  const kept = remembered(deps, clientId)
  return toApp(map, kept ?? { fetchedAt: deps.now, document: row ?? nameless(clientId) })
}

async function documentOf(
  deps: Deps,
  clientId: string,
  isKnown: boolean,
): Promise<KeptDocument | AppFault> {
  const kept = remembered(deps, clientId)
  if (kept && isFresh(deps, kept)) return kept
  try {
    return (await fromDataCentre(deps, clientId)) ?? (await fetched(deps, clientId, isKnown))
  } catch (error) {
    if (!(error instanceof DocumentFault)) throw error
    log.warn('metadata_document_refused', deps, {
      host: new URL(clientId).host,
      reason: error.message,
    })
    if (error.isPassing && kept && isUsable(deps, kept)) return kept
    if (!error.isPassing) forget(deps, clientId)
    return { fault: asAscii(error.message), ...(error.isPassing && { retryAfter: RETRY_SECONDS }) }
  }
}

async function fromDataCentre(deps: Deps, clientId: string): Promise<KeptDocument | undefined> {
  const found = await shared(deps, clientId)
  if (!found || !isFresh(deps, found)) return undefined
  const { text, fetchedAt, freshUntil } = found
  try {
    const document = parseMetadataDocument(deps.config, clientId, text)
    const kept = { document, fetchedAt, freshUntil }
    remember(deps, kept)
    return kept
  } catch (error) {
    // An earlier release accepted it. Its host may have published another one since, and is asked.
    if (error instanceof DocumentFault) return undefined
    throw error
  }
}

async function fetched(deps: Deps, clientId: string, isKnown: boolean): Promise<KeptDocument> {
  const { host } = new URL(clientId)
  const reservation = await reserveDocument(deps, { host, clientId, isKnown })
  if (!reservation.allowed) {
    throw new DocumentFault('Too many metadata documents were asked for. Try again later', true)
  }
  const { text, headers } = await fetchDocument(clientId)
  const document = parseMetadataDocument(deps.config, clientId, text)
  const times = { fetchedAt: deps.now, freshUntil: deps.now + lifetimeOf(headers) }
  share(deps, clientId, { text, ...times })
  remember(deps, { document, ...times })
  return { document, ...times }
}

type Said = Omit<KeptDocument, 'freshUntil'>

function toApp(map: AppMap, { document, fetchedAt }: Said): AppRow {
  const row = map.apps.get(document.clientId)
  const open = [...map.resourcesById.values()].filter((each) => each.isOpenToMetadataApps)
  const offered = open.flatMap((each) => each.scopes.map(({ name }) => name))
  const { clientId, name, kind, authMethod, jwks, redirectUris } = document
  const { postLogoutRedirectUris, idTokenAlg, logoUri, policyUri, tosUri } = document
  return {
    clientId,
    source: 'metadata',
    name,
    kind,
    authMethod,
    secretHash: null,
    previousSecretHash: null,
    previousSecretUntil: null,
    jwks,
    redirectUris,
    postLogoutRedirectUris,
    backchannelLogoutUri: null,
    initiateLoginUri: null,
    logoutPausedUntil: null,
    // An admin may give it more than every such app gets.
    scopes: [...new Set([...SCOPES, ...offered, ...(row?.scopes ?? [])])],
    resources: [...new Set([...open.map((each) => each.identifier), ...(row?.resources ?? [])])],
    isFirstParty: false,
    pkce: 'required',
    idTokenAlg,
    sectorId: METADATA_SECTOR,
    allowsDeviceFlow: false,
    requiredPermission: row?.requiredPermission ?? null,
    logoUri,
    policyUri,
    tosUri,
    disabledAt: null,
    createdBy: null,
    createdAt: row?.createdAt ?? fetchedAt,
    updatedAt: fetchedAt,
  }
}

/** An app that was never asked about and has no row: it can do nothing that its document must allow. */
const nameless = (clientId: string): Said['document'] => ({
  clientId,
  name: new URL(clientId).host,
  kind: 'native',
  authMethod: 'private_key_jwt',
  jwks: null,
  redirectUris: [],
  postLogoutRedirectUris: [],
  idTokenAlg: 'RS256',
  logoUri: null,
  policyUri: null,
  tosUri: null,
})
