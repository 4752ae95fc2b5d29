/** Dates, numbers, places and devices in the reader's language and time zone. */
import { deviceNameIn } from '../../texts/device-name'
import type { Texts } from '../../texts/en'

export type Formats = ReturnType<typeof formatsFor>

const STEPS = [
  ['second', 60],
  ['minute', 60],
  ['hour', 24],
  ['day', 30],
] as const

/** Whether Intl knows a time zone by this name. */
export const isZone = (name: string): boolean => {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone)
  } catch {
    return false
  }
}

/** `timeZone` is the user's, or the platform's guess for the request; an unknown one becomes UTC. */
export function formatsFor(
  language: string,
  texts: Texts,
  about: { now: number; timeZone: string | undefined },
) {
  const timeZone = about.timeZone && isZone(about.timeZone) ? about.timeZone : 'UTC'
  const date = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeZone })
  const exact = new Intl.DateTimeFormat(language, {
    dateStyle: 'medium',
    timeStyle: 'short',
    timeZone,
  })
  const zone = new Intl.DateTimeFormat(language, { timeZone, timeZoneName: 'short' })
  // For the instant itself: a time in July is in summer time even when it is read in November.
  const zoneNameAt = (at: number) =>
    zone.formatToParts(at).find((part) => part.type === 'timeZoneName')?.value ?? timeZone
  const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' })
  const regions = new Intl.DisplayNames(language, { type: 'region', fallback: 'code' })
  const number = new Intl.NumberFormat(language)
  const instant = (at: string | number) => (typeof at === 'number' ? at : Date.parse(at))
  return {
    number: (value: number): string => number.format(value),
    /** A day, such as 3 May 2026. */
    date: (at: string | number): string => date.format(instant(at)),
    /** To the minute, with the zone. */
    exact: (at: string | number): string =>
      `${exact.format(instant(at))} ${zoneNameAt(instant(at))}`,
    /** Such as "5 minutes ago"; the date for times more than a month away. */
    relative: (at: string | number): string => {
      let amount = (instant(at) - about.now) / 1000
      for (const [unit, size] of STEPS) {
        if (Math.abs(Math.round(amount)) < size) return relative.format(Math.round(amount), unit)
        amount /= size
      }
      return date.format(instant(at))
    },
    /** A country's name by its code. */
    place: (country: string | null): string =>
      country && /^[A-Z]{2}$/.test(country)
        ? (regions.of(country) ?? country)
        : texts.layout.unknownPlace,
    device: (userAgent: string | null): string => deviceNameIn(texts.layout, userAgent),
  }
}
