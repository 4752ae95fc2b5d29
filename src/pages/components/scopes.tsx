import type { FC } from 'hono/jsx'
import type { AskedAtResource } from '../../apps/asked-at-resources'
import { isStandardScope } from '../../apps/scopes'
import { usePage } from '../runtime/page-context'

interface ScopesProps {
  scopes: readonly string[]
  atResources: readonly (Pick<AskedAtResource, 'scope' | 'description' | 'resource'> & {
    word?: string
  })[]
  /** The words of the scopes that the user has allowed before. */
  remembered?: readonly string[]
}

/** The scopes of an app, in words: the standard ones first, then those of each resource. */
export const Scopes: FC<ScopesProps> = ({ scopes, atResources, remembered = [] }) => {
  const { consent: words } = usePage().texts.oauth
  const own: Readonly<Record<string, string>> = words.scopes
  const granted = (word: string) =>
    remembered.includes(word) && <span class="meta"> ({words.granted})</span>
  return (
    <ul class="scopes">
      {scopes.filter(isStandardScope).map((name) => (
        <li>
          {own[name] ?? name}
          {granted(name)}
        </li>
      ))}
      {atResources.map(({ scope, description, resource, word = '' }) => (
        <li>
          {description || scope || words.use} <span class="meta">({words.of(resource)})</span>
          {granted(word)}
        </li>
      ))}
    </ul>
  )
}
