/** Reading fields that may be anything: what is not of the wanted kind counts as missing, and is reported. */
import { parseJson } from './json.ts'
import { type Fields, isFields } from './source.ts'

/** Text that is not empty, without the spaces around it. */
export function text(value: unknown): string | undefined {
  const trimmed = typeof value === 'string' ? value.trim() : ''
  return trimmed === '' ? undefined : trimmed
}

/** How MongoDB's JSON writes ids. */
const ID_FORMS = ['$oid', '$uuid', '$numberLong', '$numberInt']

/** What records are told apart and joined by. undefined for what cannot be read: it must join nothing. */
export function idIn(value: unknown): string | undefined {
  // Its digits are those of the export: json.ts reads a number that would lose some as text.
  if (typeof value === 'number') return Number.isInteger(value) ? `${value}` : undefined
  if (!isFields(value)) return text(value)
  return ID_FORMS.map((form) => text(value[form])).find((id) => id !== undefined)
}

export const NO_ID = 'there is no id, or none that can be read'

/** An object, or the object that a text of JSON holds (a cell of CSV does); else an empty one. */
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

/** A note on the fields that should hold an object, and hold something else. */
export const unreadable = (fields: Fields, ...names: readonly string[]): string[] =>
  names
    .filter((name) => readFields(fields[name]) === undefined)
    .map((name) => `${name} not carried over: it is no object`)

/** Roles under these names, and the names whose every role could be read. */
export const rolesIn = (fields: Fields, ...names: readonly string[]) => ({
  roles: names.flatMap((name) => texts(fields[name])),
  known: new Set(names.filter((name) => textsIn(fields, name).isWhole)),
})

export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** Texts of a list, or the one text that stands where a list may. */
export const texts = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value]).flatMap((each) => text(each) ?? [])

/** The texts of a list, whether the list holds nothing else, and a note if it does. */
export function textsIn(fields: Fields, name: string) {
  const value = fields[name]
  const values = texts(value)
  const isWhole = isEmpty(value) || values.length === (Array.isArray(value) ? value.length : 1)
  const notes = isWhole ? [] : [`${name} not carried over as a whole: it is not a list of texts`]
  return { values, isWhole, notes }
}

/** A note on the fields that should hold a text, and hold something else. */
export const noText = (fields: Fields, ...names: readonly string[]): string[] =>
  names
    .filter((name) => typeof fields[name] !== 'string' && !isEmpty(fields[name]))
    .map((name) => `${name} not carried over: it is not a text`)

/** The first that says something; names may come in halves. */
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

/** A note on the fields that say something and that nobody has read. Names alone: values are private. */
export function unread(what: string, fields: Fields, known: ReadonlySet<string>): string[] {
  const names = Object.keys(fields).filter((name) => !known.has(name) && !isEmpty(fields[name]))
  return names.length === 0 ? [] : [`${what} not carried over: ${names.join(', ')}`]
}

/** Of these fields, those that are not in the list. */
export const without = (fields: Fields, names: ReadonlySet<string>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => !names.has(name)))
