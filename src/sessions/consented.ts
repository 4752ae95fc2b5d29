/**
 * How a consent is remembered: as words. A scope is one, and for each resource it is given at so is the pair. Two
 * resources may offer a scope of one name, and what a user allowed at one must not open the other.
 */

/** In no scope (RFC 6749 section 3.3) and in no URI. */
const AT = '"'

/** A scope at a resource; an empty scope: its tokens name the resource as their audience, and no more. */
export const atResource = (scope: string, identifier: string): string => scope + AT + identifier

/** The names of the scopes among the words of a consent. */
export const scopesAmong = (words: readonly string[]): string[] =>
  words.filter((word) => !word.includes(AT))

/** The pairs of a scope and a resource among the words of a consent. */
export const atResourcesAmong = (
  words: readonly string[],
): { readonly scope: string; readonly identifier: string }[] =>
  words.flatMap((word) => {
    const [scope = '', identifier] = word.split(AT)
    return identifier === undefined ? [] : [{ scope, identifier }]
  })
