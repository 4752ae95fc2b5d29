import type { Config } from '../../config'
import { DomainError } from '../../errors'

/**
 * Refuses an unsafe request that another site made, whatever its content type: browsers that say
 * where a request comes from must say `same-origin`, and others must name our origin. Throws
 * `forbidden`. Source: OWASP CSRF Prevention Cheat Sheet, Fetch Metadata.
 */
export function requireSameOrigin(config: Pick<Config, 'PUBLIC_URL'>, headers: Headers): void {
  const site = headers.get('sec-fetch-site')
  const isOurs =
    site === null ? headers.get('origin') === config.PUBLIC_URL : site === 'same-origin'
  if (!isOurs) throw new DomainError('forbidden', { detail: FOREIGN_FORM })
}

/** The detail by which the error page recognizes this refusal. */
export const FOREIGN_FORM = 'The request came from another site'
