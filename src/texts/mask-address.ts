/** Dots in the place of what is left out; their number says nothing of its length. */
const LOCAL = '\u2022\u2022\u2022'
const DOMAIN = '\u2022\u2022'

/**
 * An address as those may see it who only need to recognise it: `a•••@e••.com`. The first letter on each
 * side and the last label.
 */
export function maskAddress(email: string): string {
  const [local = '', domain = ''] = email.split('@')
  const last = domain.slice(domain.lastIndexOf('.') + 1)
  return `${firstOf(local)}${LOCAL}@${firstOf(domain)}${DOMAIN}.${last}`
}

/** A whole character, also one beyond the basic plane. */
const firstOf = (text: string): string => {
  const point = text.codePointAt(0)
  return point === undefined ? '' : String.fromCodePoint(point)
}
