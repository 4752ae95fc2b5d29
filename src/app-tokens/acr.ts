/** How strongly a user has authenticated, as reported to apps (OpenID Connect Core section 2, `acr`). */
import type { Amr, Strength } from '../events'
import { strengthOf } from '../sessions/strength'

/** One factor, and two. */
export const ACR_VALUES = ['urn:gatehouse:acr:1', 'urn:gatehouse:acr:2'] as const
export type Acr = (typeof ACR_VALUES)[number]

export const acrOf = (session: { readonly amr: readonly Amr[] }): Acr =>
  ACR_VALUES[strengthOf(session) === 2 ? 1 : 0]

/** The strength that a value of `acr_values` asks for; undefined for a value of somebody else. */
export function strengthOfAcr(value: string): Strength | undefined {
  const place = (ACR_VALUES as readonly string[]).indexOf(value)
  return place === -1 ? undefined : place === 0 ? 1 : 2
}
