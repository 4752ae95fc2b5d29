import type { AppRow } from '../tables/apps'
import { isClientIdUrl } from './client-id-url'

/** The host that a client id metadata document was found at; undefined for apps that an admin registered. */
export const publisherOf = (clientId: string): string | undefined =>
  isClientIdUrl(clientId) && URL.canParse(clientId) ? new URL(clientId).host : undefined

/**
 * What a page calls an app, unless it names the publisher beside it. Nobody has looked at the name of an app that
 * registers itself, which may be that of a bank or of this service, but it must be at its address.
 */
export const shownName = ({ clientId, name }: Pick<AppRow, 'clientId' | 'name'>): string =>
  publisherOf(clientId) ?? name
