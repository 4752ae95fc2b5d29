/** Scopes at resources, as the consent page and the list of connected apps show them and as consents store them. */
import { atResource } from '../sessions/consented'
import type { AppMap } from './app-map'

export interface AskedAtResource {
  /** The empty text: no scope of the resource, only tokens that name it as their audience. */
  readonly scope: string
  readonly description: string
  /** The resource's name. */
  readonly resource: string
  readonly identifier: string
  /** How a consent to it is remembered. */
  readonly word: string
}

/**
 * The scopes at each resource that has one of that name. A resource without any is asked for too: servers that know
 * no scopes accept a token by its audience alone.
 */
export const askedAtResources = (
  map: AppMap,
  {
    scopes,
    resources,
  }: { readonly scopes: readonly string[]; readonly resources: readonly string[] },
): AskedAtResource[] =>
  resources.flatMap((identifier) => {
    const offered = map.resourcesByIdentifier.get(identifier)?.scopes ?? []
    const asked = offered.map(({ name }) => name).filter((name) => scopes.includes(name))
    return (asked.length > 0 ? asked : ['']).map((scope) => shownAt(map, scope, identifier))
  })

/** One scope at one resource. Of what was deleted since, only the names are left. */
export function shownAt(map: AppMap, scope: string, identifier: string): AskedAtResource {
  const { name: resource, scopes = [] } = map.resourcesByIdentifier.get(identifier) ?? {
    name: identifier,
  }
  const description = scopes.find(({ name }) => name === scope)?.description ?? ''
  return { scope, description, resource, identifier, word: atResource(scope, identifier) }
}
