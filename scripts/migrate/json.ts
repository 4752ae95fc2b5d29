/**
 * Parses JSON without losing digits of numbers. JSON.parse rounds to about 16 digits, so two long
 * ids could become equal. A number that it would change is read as text instead.
 */

/** The names of such values, by the object or list that contains them. */
const keptAsText = new WeakMap<object, Set<string>>()

/** Parses JSON. Throws SyntaxError for anything else. */
export const parseJson = (text: string): unknown =>
  JSON.parse(text, function (this: object, name: string, value: unknown, context?: Context) {
    const written = context?.source
    if (typeof value !== 'number' || written === undefined) return value
    if (digitsOf(written) === digitsOf(String(value))) return value
    keptAsText.set(this, (keptAsText.get(this) ?? new Set()).add(name))
    return written
  })

interface Context {
  /** The value as written, unless it is an object or a list. */
  readonly source?: string
}

/** The significant digits, without sign, decimal point, exponent, and zeros at both ends. */
const digitsOf = (number: string): string =>
  number.replace(/e.*$/i, '').replaceAll(/[-+.]/g, '').replace(/^0+/, '').replace(/0+$/, '')

/** Returns a note on the numbers in these fields that were read as text, as `what: a.b, c`. */
export function numbersAsText(what: string, fields: object, skip?: ReadonlySet<string>): string[] {
  const paths = pathsIn(fields, '').filter((path) => !skip?.has(path.split('.')[0] ?? ''))
  if (paths.length === 0) return []
  return [`${what}: numbers with too many digits are carried over as text: ${paths.join(', ')}`]
}

function pathsIn(holder: object, prefix: string): string[] {
  const own = keptAsText.get(holder)
  return Object.entries(holder).flatMap(([name, value]: [string, unknown]) => {
    if (own?.has(name)) return `${prefix}${name}`
    return typeof value === 'object' && value !== null ? pathsIn(value, `${prefix}${name}.`) : []
  })
}
