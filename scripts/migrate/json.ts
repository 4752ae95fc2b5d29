/**
 * JSON whose numbers keep all their digits. JSON.parse rounds to some 16 of them, so that two long ids
 * become one. A number that it would change is read as its text instead.
 */

/** The names of such values, by the object or list that holds them. */
const keptAsText = new WeakMap<object, Set<string>>()

/** Throws SyntaxError for what is not JSON. */
export const parseJson = (text: string): unknown =>
  JSON.parse(text, function (this: object, name: string, value: unknown, context?: Context) {
    const written = context?.source
    if (typeof value !== 'number' || written === undefined) return value
    if (digitsOf(written) === digitsOf(String(value))) return value
    keptAsText.set(this, (keptAsText.get(this) ?? new Set()).add(name))
    return written
  })

interface Context {
  /** The value as it is written, where it is no object and no list. */
  readonly source?: string
}

/** The digits that count, without sign, point, exponent and the zeros at both ends. */
const digitsOf = (number: string): string =>
  number.replace(/e.*$/i, '').replaceAll(/[-+.]/g, '').replace(/^0+/, '').replace(/0+$/, '')

/** A note on the numbers within these fields that were read as text, as `what: a.b, c`. */
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
