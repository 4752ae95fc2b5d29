/** The scopes that a request names at resources, as the consent page shows them and as consents store them. */
import type { AppMap } from '../apps/app-map'
import { atResource } from '../sessions/consented'
import type { AuthorizationRequest } from './authorization-request'

export interface AskedAtResource {
  /** The empty text means no scope, only tokens with the resource as audience. */
  readonly scope: string
  readonly description: string
  /** The resource's name. */
  readonly resource: string
  /** How a consent to it is remembered. */
  readonly word: string
}

/**
 * The scopes at each resource that has one of that name. A resource without any is asked for too: servers that know
 * no scopes accept a token by its audience alone.
 */
export const askedAtResources = (
  map: AppMap,
  { scopes, resources }: Pick<AuthorizationRequest, 'scopes' | 'resources'>,
): AskedAtResource[] =>
  resources.flatMap((identifier) => {
    const { name: resource, scopes: offered = [] } = map.resourcesByIdentifier.get(identifier) ?? {
      name: identifier,
    }
    const asked = offered.filter(({ name }) => scopes.includes(name))
    const named = asked.length > 0 ? asked : [{ name: '', description: '' }]
    return named.map(({ name: scope, description }) => {
      return { scope, description, resource, word: atResource(scope, identifier) }
    })
  })
