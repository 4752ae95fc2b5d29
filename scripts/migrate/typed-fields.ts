/**
 * Reads booleans and dates. A value counts only if it parses: text that is merely present verifies
 * no address and lifts no ban. A value that cannot be read is reported in a note.
 */
import { text } from './fields.ts'
import { type Fields, isFields } from './source.ts'

export interface TypedField<T> {
  /** undefined if the field is missing, empty or unreadable. */
  readonly value: T | undefined
  readonly notes: readonly string[]
}

/** Booleans as JSON, Postgres, MySQL, SQLite and spreadsheets write them. */
const TRUTHS = new Map([
  ...['true', 't', 'yes', 'y', 'on', '1'].map((word) => [word, true] as const),
  ...['false', 'f', 'no', 'n', 'off', '0'].map((word) => [word, false] as const),
])

function truth(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value
  const written = typeof value === 'number' ? String(value) : text(value)
  return TRUTHS.get(written?.toLowerCase() ?? '')
}

/** Missing, or one of the words that programs write into CSV for a missing value. */
const isAbsent = (value: unknown) =>
  value === undefined ||
  value === null ||
  (typeof value === 'string' && /^\s*(?:|null|\\N)\s*$/i.test(value))

/**
 * Reads a boolean field. `otherwise` is used for a value that cannot be read, which is reported.
 */
export function flagIn(fields: Fields, name: string, otherwise: boolean): TypedField<boolean> {
  if (isAbsent(fields[name])) return { value: undefined, notes: [] }
  const value = truth(fields[name])
  if (value !== undefined) return { value, notes: [] }
  return { value: otherwise, notes: [`${name} is neither true nor false: taken for ${otherwise}`] }
}

/**
 * Reads a date field, as ISO 8601. A value that cannot be read is not carried over, and is
 * reported.
 */
export function dateIn(fields: Fields, name: string): TypedField<string> {
  if (isAbsent(fields[name])) return { value: undefined, notes: [] }
  const value = instant(fields[name])
  return { value, notes: value === undefined ? [`${name} not carried over: it is not a date`] : [] }
}

/** Whether the date in a field verifies something: it must be readable and in the past. */
export function proofIn(fields: Fields, name: string, now: Date): TypedField<boolean> {
  if (isAbsent(fields[name])) return { value: undefined, notes: [] }
  const at = instant(fields[name])
  const isPast = at !== undefined && Date.parse(at) <= now.getTime()
  return {
    value: isPast,
    notes: isPast ? [] : [`${name} is not a date in the past: proves nothing`],
  }
}

/**
 * Whether a ban lasts until the date in a field. If the date is unreadable or `infinity`, the ban
 * is in force.
 */
export function banIn(fields: Fields, name: string, now: Date): TypedField<boolean> {
  if (isAbsent(fields[name])) return { value: undefined, notes: [] }
  const end = instant(fields[name])
  if (end !== undefined) return { value: Date.parse(end) > now.getTime(), notes: [] }
  const isEndless = text(fields[name])?.toLowerCase() === 'infinity'
  return {
    value: true,
    notes: isEndless ? [] : [`${name} is not a date: taken for a ban without an end`],
  }
}

/**
 * Returns why a user with a deletion date is left out. If the date cannot be read, the user is
 * treated as deleted and the reason says so.
 */
export function deletionIn(fields: Fields, name: string): string | undefined {
  if (isAbsent(fields[name])) return undefined
  if (instant(fields[name]) !== undefined) return 'the user is deleted'
  return `${name} is not a date: the user is treated as deleted`
}

/**
 * ISO 8601 with common variations, such as Postgres' `2024-05-01 09:30:00.123456+00`. Without a
 * zone, UTC.
 */
const ISO =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s*(Z|UTC|[+-]\d\d(?::?\d\d)?)?)?$/i
/** The format of JavaScript's toUTCString, and so of Firebase's Admin SDK. */
const UTC = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/
/**
 * Numbers are seconds, milliseconds or microseconds since 1970. For 1973 to 2286, the number of
 * digits tells which. Any other number is not a time: it may be a boolean, a year, or a
 * spreadsheet's day.
 */
const MS_PER_COUNT = new Map([
  [9, 1000],
  [10, 1000],
  [12, 1],
  [13, 1],
  [15, 0.001],
  [16, 0.001],
])
/**
 * `20240501`, optionally followed by a time, as in `202405010930` and `20240501093000`. Read as a
 * count, it would be a different time. No such format has 13 digits.
 */
const CALENDAR_DIGITS = /^(?!\d{13}$)(?:19|20|21)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])/

/** Returns ISO 8601 for a date in text, a count since 1970, or MongoDB's `$date`. */
export function instant(value: unknown): string | undefined {
  if (isFields(value)) return instant(value['$date'] ?? value['$numberLong'])
  if (value instanceof Date) return isoOf(value.getTime())
  const written = typeof value === 'number' ? String(value) : text(value)
  if (written === undefined) return undefined
  const [, digits] = /^(\d+)(?:\.\d+)?$/.exec(written) ?? []
  if (digits !== undefined) {
    const factor = CALENDAR_DIGITS.test(digits) ? undefined : MS_PER_COUNT.get(digits.length)
    return factor === undefined ? undefined : isoOf(Math.round(Number(written) * factor))
  }
  if (UTC.test(written)) {
    const time = Date.parse(written)
    // Date.parse would read 31 February as 2 March here too.
    return new Date(time).toUTCString() === written ? isoOf(time) : undefined
  }
  const [, year, month, day, time = '00:00', seconds = '00', fraction = '0', zone = 'Z'] =
    ISO.exec(written) ?? []
  // Date.parse would read 31 February as 2 March.
  const date = `${year}-${month}-${day}`
  if (isoOf(Date.parse(`${date}T12:00:00Z`))?.slice(0, 10) !== date) return undefined
  const [, sign = '+', hours = '00', minutes = '00'] = /^([+-])(\d\d):?(\d\d)?$/.exec(zone) ?? []
  const milliseconds = fraction.padEnd(3, '0').slice(0, 3)
  return isoOf(Date.parse(`${date}T${time}:${seconds}.${milliseconds}${sign}${hours}:${minutes}`))
}

/**
 * Returns undefined for an invalid time, and for one before 1970, which is how systems write
 * "never".
 */
const isoOf = (time: number): string | undefined =>
  time > 0 && time < 8.64e15 ? new Date(time).toISOString() : undefined
