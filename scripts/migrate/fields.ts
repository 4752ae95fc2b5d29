/** Reads fields of unknown type. A value of the wrong type counts as missing, and is reported. */
import { parseJson } from './json.ts'
import { type Fields, isFields } from './source.ts'

/** Returns non-empty text without surrounding spaces. */
export function text(value: unknown): string | undefined {
  const trimmed = typeof value === 'string' ? value.trim() : ''
  return trimmed === '' ? undefined : trimmed
}

/** How MongoDB's JSON represents ids. */
const ID_FORMS = ['$oid', '$uuid', '$numberLong', '$numberInt']

/**
 * Returns the id by which records are distinguished and merged, or undefined if it is unreadable:
 * such records must not be merged.
 */
export function idIn(value: unknown): string | undefined {
  // All digits are intact: json.ts reads a number that would lose some as text.
  if (typeof value === 'number') return Number.isInteger(value) ? `${value}` : undefined
  if (!isFields(value)) return text(value)
  return ID_FORMS.map((form) => text(value[form])).find((id) => id !== undefined)
}

export const NO_ID = 'there is no id, or none that can be read'

/** Returns an object, which may be given as JSON text (a CSV cell), or an empty one. */
export const fieldsIn = (value: unknown): Fields => readFields(value) ?? {}

function readFields(value: unknown): Fields | undefined {
  if (isFields(value)) return value
  if (typeof value !== 'string') return isEmpty(value) ? {} : undefined
  try {
    const parsed = parseJson(text(value) ?? 'null')
    return isFields(parsed) ? parsed : parsed === null ? {} : undefined
  } catch {
    return undefined
  }
}

/** Returns a note for each of the fields that should be an object and is not. */
export const unreadable = (fields: Fields, ...names: readonly string[]): string[] =>
  names
    .filter((name) => readFields(fields[name]) === undefined)
    .map((name) => `${name} not carried over: it is no object`)

/** Returns the roles in these fields, and the fields whose roles could all be read. */
export const rolesIn = (fields: Fields, ...names: readonly string[]) => ({
  roles: names.flatMap((name) => texts(fields[name])),
  known: new Set(names.filter((name) => textsIn(fields, name).isWhole)),
})

export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** Returns the texts of a list, or a single text as a list. */
export const texts = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value]).flatMap((each) => text(each) ?? [])

/** Returns the texts of a list, whether it contains only texts, and a note if it does not. */
export function textsIn(fields: Fields, name: string) {
  const value = fields[name]
  const values = texts(value)
  const isWhole = isEmpty(value) || values.length === (Array.isArray(value) ? value.length : 1)
  const notes = isWhole ? [] : [`${name} not carried over as a whole: it is not a list of texts`]
  return { values, isWhole, notes }
}

/** Returns a note for each of the fields that should be text and is not. */
export const noText = (fields: Fields, ...names: readonly string[]): string[] =>
  names
    .filter((name) => typeof fields[name] !== 'string' && !isEmpty(fields[name]))
    .map((name) => `${name} not carried over: it is not a text`)

/** Returns the first name that is not empty. A name may be given as a list of parts. */
export const firstName = (...names: readonly unknown[]): string =>
  names
    .map((name) => (Array.isArray(name) ? texts(name).join(' ') : (text(name) ?? '')))
    .find((name) => name !== '') ?? ''

export const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === '' ||
  value === false ||
  value === 'f' ||
  value === 'false' ||
  (typeof value === 'object' && Object.keys(value).length === 0)

/**
 * Returns a note on non-empty fields that were not read. It lists only names, since values are
 * private.
 */
export function unread(what: string, fields: Fields, known: ReadonlySet<string>): string[] {
  const names = Object.keys(fields).filter((name) => !known.has(name) && !isEmpty(fields[name]))
  return names.length === 0 ? [] : [`${what} not carried over: ${names.join(', ')}`]
}

/** Returns the fields that are not in the list. */
export const without = (fields: Fields, names: ReadonlySet<string>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => !names.has(name)))
