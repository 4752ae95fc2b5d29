import type { User } from '../../users/user-view'

/** How the pages look: as the device says, or as the user's preference `theme` does. */
export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

export const themeOf = (user: Pick<User, 'preferences'> | undefined): Theme =>
  THEMES.find((theme) => theme === user?.preferences['theme']) ?? 'system'
