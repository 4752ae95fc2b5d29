/** Whole days in UTC, so that no time zone moves one into the day before. */

import { DAY_MS } from '../../time'

const written = (language: string) =>
  new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short', timeZone: 'UTC' })

/** The names of days such as 2026-11-23, short enough for the axis of a chart. */
export const dayNames = (
  language: string,
  days: readonly { readonly date: string }[],
): string[] => {
  const format = written(language)
  return days.map(({ date }) => format.format(Date.parse(date)))
}

/** When the day of a date field begins, moved by `days`; undefined for any other text. */
export function startOf(text: string | null, days = 0): number | undefined {
  if (!text || !/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined
  const at = Date.parse(`${text}T00:00:00Z`)
  return Number.isNaN(at) ? undefined : at + days * DAY_MS
}
