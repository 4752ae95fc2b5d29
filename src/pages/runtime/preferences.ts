/** What of a user's preferences the pages heed; other keys belong to whoever put them there. */
import type { User } from '../../users/user-view'
import { isZone } from './format'

type Kept = Pick<User, 'preferences'> | undefined

/** How the pages look: as the device says, or as the preference `theme` does. */
export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

export const themeOf = (user: Kept): Theme =>
  THEMES.find((theme) => theme === user?.preferences['theme']) ?? 'system'

/** The preference `time_zone`; undefined for none, and for what is none. */
export function timeZoneOf(user: Kept): string | undefined {
  const wished = user?.preferences['time_zone']
  return typeof wished === 'string' && isZone(wished) ? wished : undefined
}

/** Time zones to choose from; a user's own stays among them, whichever of its names it has. */
export const timeZones = (own: string | undefined): string[] => [
  ...new Set(['UTC', ...Intl.supportedValuesOf('timeZone'), ...(own ? [own] : [])]),
]

const OWN_KEYS = new Set(['theme', 'time_zone'])

/** The preferences that other applications keep with the account. */
export const applicationPreferences = ({ preferences }: Pick<User, 'preferences'>) =>
  Object.entries(preferences).filter(([key]) => !OWN_KEYS.has(key))
