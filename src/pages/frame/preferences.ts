/** What of a user's preferences the pages heed; other keys belong to whoever put them there. */
import type { User } from '../../users/user-view'

type Kept = Pick<User, 'preferences'> | undefined

/** How the pages look: as the device says, or as the preference `theme` does. */
export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

export const themeOf = (user: Kept): Theme =>
  THEMES.find((theme) => theme === user?.preferences['theme']) ?? 'system'

/** Names of time zones that Intl knows. */
export const timeZones = (): string[] => ['UTC', ...Intl.supportedValuesOf('timeZone')]

/** The preference `time_zone`; undefined for none, and for what is none. */
export function timeZoneOf(user: Kept): string | undefined {
  const wished = user?.preferences['time_zone']
  return typeof wished === 'string' && timeZones().includes(wished) ? wished : undefined
}

const OWN_KEYS = new Set(['theme', 'time_zone'])

/** The preferences that other applications keep with the account. */
export const foreignPreferences = ({ preferences }: Pick<User, 'preferences'>) =>
  Object.entries(preferences).filter(([key]) => !OWN_KEYS.has(key))
