/** The preferences that the pages use; other keys belong to the applications that set them. */
import type { User } from '../../users/user-view'
import { isZone } from './format'

type Kept = Pick<User, 'preferences'> | undefined

/** The color schemes: the device's, or the one of the preference `theme`. */
export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

export const themeOf = (user: Kept): Theme =>
  THEMES.find((theme) => theme === user?.preferences['theme']) ?? 'system'

/** The preference `time_zone`; undefined without one, and for an unknown zone. */
export function timeZoneOf(user: Kept): string | undefined {
  const wished = user?.preferences['time_zone']
  return typeof wished === 'string' && isZone(wished) ? wished : undefined
}

/** Time zones to choose from, with the user's own under the name that was chosen. */
export const timeZones = (own: string | undefined): string[] => [
  ...new Set(['UTC', ...Intl.supportedValuesOf('timeZone'), ...(own ? [own] : [])]),
]

const OWN_KEYS = new Set(['theme', 'time_zone'])

/** The preferences that other applications keep with the account. */
export const applicationPreferences = ({ preferences }: Pick<User, 'preferences'>) =>
  Object.entries(preferences).filter(([key]) => !OWN_KEYS.has(key))
