/**
 * Truth values and dates. Only what parses is a fact: a text that merely is there proves no address
 * and lifts no ban, and what cannot be read is a note.
 */
import { text } from './fields.ts'
import { type Fields, isFields } from './source.ts'

export interface Fact<T> {
  /** undefined when the field is absent or empty, or cannot be read. */
  readonly value: T | undefined
  readonly notes: readonly string[]
}

/** As JSON, Postgres, MySQL, SQLite and spreadsheets write them. */
const TRUTHS = new Map([
  ...['true', 't', 'yes', 'y', 'on', '1'].map((word) => [word, true] as const),
  ...['false', 'f', 'no', 'n', 'off', '0'].map((word) => [word, false] as const),
])

function truth(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value
  const written = typeof value === 'number' ? String(value) : text(value)
  return TRUTHS.get(written?.toLowerCase() ?? '')
}

/** Nothing, or the words that programs write for it into CSV. */
const isAbsent = (value: unknown) =>
  value === undefined ||
  value === null ||
  (typeof value === 'string' && /^\s*(?:|null|\\N)\s*$/i.test(value))

/** A field that is true or false; `otherwise` is what one that cannot be read is taken for. */
export function flagIn(fields: Fields, name: string, otherwise: boolean): Fact<boolean> {
  if (isAbsent(fields[name])) return { value: undefined, notes: [] }
  const value = truth(fields[name])
  if (value !== undefined) return { value, notes: [] }
  return { value: otherwise, notes: [`${name} is neither true nor false: taken for ${otherwise}`] }
}

/** A field that is a date, as ISO 8601. One that cannot be read is not carried over, and told. */
export function dateIn(fields: Fields, name: string): Fact<string> {
  if (isAbsent(fields[name])) return { value: undefined, notes: [] }
  const value = instant(fields[name])
  return { value, notes: value === undefined ? [`${name} not carried over: it is not a date`] : [] }
}

/** Whether something was proved by the date in a field: a date that can be read, and has been. */
export function proofIn(fields: Fields, name: string, now: Date): Fact<boolean> {
  if (isAbsent(fields[name])) return { value: undefined, notes: [] }
  const at = instant(fields[name])
  const isPast = at !== undefined && Date.parse(at) <= now.getTime()
  return {
    value: isPast,
    notes: isPast ? [] : [`${name} is not a date in the past: proves nothing`],
  }
}

/** Whether a ban holds until the date in a field. One that cannot be read holds; `infinity` is one. */
export function banIn(fields: Fields, name: string, now: Date): Fact<boolean> {
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
 * Why a user is left out who has a date of deletion. If the date cannot be read, the user is treated as
 * deleted and the reason says so.
 */
export function deletionIn(fields: Fields, name: string): string | undefined {
  if (isAbsent(fields[name])) return undefined
  if (instant(fields[name]) !== undefined) return 'the user is deleted'
  return `${name} is not a date: the user is treated as deleted`
}

/** ISO 8601 with its usual freedoms, also Postgres' `2024-05-01 09:30:00.123456+00`. Without a zone, UTC. */
const ISO =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s*(Z|UTC|[+-]\d\d(?::?\d\d)?)?)?$/i
/** What JavaScript's toUTCString writes, and with it Firebase's Admin SDK. */
const UTC = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/
/**
 * A number counts seconds, milliseconds or microseconds since 1970, which its length tells from 1973 to
 * 2286. Any other is no time: a truth value, a year, or a day of a spreadsheet.
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
 * `20240501` and what may follow, as `202405010930` and `20240501093000`: as a count it would be some
 * other time. No such form has 13 digits.
 */
const CALENDAR_DIGITS = /^(?!\d{13}$)(?:19|20|21)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])/

/** ISO 8601 from a date in text, from a count since 1970, or from MongoDB's `$date`. */
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
    // Date.parse would take 31 February for 2 March here, too.
    return new Date(time).toUTCString() === written ? isoOf(time) : undefined
  }
  const [, year, month, day, time = '00:00', seconds = '00', fraction = '0', zone = 'Z'] =
    ISO.exec(written) ?? []
  // Date.parse would take 31 February for 2 March.
  const date = `${year}-${month}-${day}`
  if (isoOf(Date.parse(`${date}T12:00:00Z`))?.slice(0, 10) !== date) return undefined
  const [, sign = '+', hours = '00', minutes = '00'] = /^([+-])(\d\d):?(\d\d)?$/.exec(zone) ?? []
  const milliseconds = fraction.padEnd(3, '0').slice(0, 3)
  return isoOf(Date.parse(`${date}T${time}:${seconds}.${milliseconds}${sign}${hours}:${minutes}`))
}

/** undefined for no time, and for one before 1970: that is how systems write "never". */
const isoOf = (time: number): string | undefined =>
  time > 0 && time < 8.64e15 ? new Date(time).toISOString() : undefined
