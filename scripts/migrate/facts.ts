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
  return { value, notes: value === undefined ? [`${name} not carried over: it is no date`] : [] }
}

/** Whether something was proved by the date in a field: a date that can be read, and has been. */
export function proofIn(fields: Fields, name: string, now: Date): Fact<boolean> {
  if (isAbsent(fields[name])) return { value: undefined, notes: [] }
  const at = instant(fields[name])
  const isPast = at !== undefined && Date.parse(at) <= now.getTime()
  return { value: isPast, notes: isPast ? [] : [`${name} is no date in the past: proves nothing`] }
}

/** Whether a ban holds until the date in a field. One that cannot be read holds; `infinity` is one. */
export function banIn(fields: Fields, name: string, now: Date): Fact<boolean> {
  if (isAbsent(fields[name])) return { value: undefined, notes: [] }
  const end = instant(fields[name])
  if (end !== undefined) return { value: Date.parse(end) > now.getTime(), notes: [] }
  const isEndless = text(fields[name])?.toLowerCase() === 'infinity'
  return {
    value: true,
    notes: isEndless ? [] : [`${name} is no date: taken for a ban without an end`],
  }
}

/** ISO 8601 with its usual freedoms, also Postgres' `2024-05-01 09:30:00.123456+00`. Without a zone, UTC. */
const ISO =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s*(Z|UTC|[+-]\d\d(?::?\d\d)?)?)?$/i
/** What JavaScript's toUTCString writes, and with it Firebase's Admin SDK. */
const UTC = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/
/** From here on a number counts milliseconds (1973); below, seconds (until the year 5138). */
const FIRST_MILLISECONDS = 100_000_000_000

/** ISO 8601 from a date in text, from seconds or milliseconds since 1970, or from MongoDB's `$date`. */
export function instant(value: unknown): string | undefined {
  if (isFields(value)) return '$date' in value ? instant(value['$date']) : undefined
  if (value instanceof Date) return isoOf(value.getTime())
  const written = typeof value === 'number' ? String(value) : text(value)
  if (written === undefined) return undefined
  if (/^\d{1,15}(\.\d+)?$/.test(written)) {
    const count = Number(written)
    return isoOf(Math.round(count < FIRST_MILLISECONDS ? count * 1000 : count))
  }
  if (UTC.test(written)) return isoOf(Date.parse(written))
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
