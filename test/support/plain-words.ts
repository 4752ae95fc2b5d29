/** A word of a text, or a part of a name in camel case. */
const FOR_HIM =
  /(?:(?<![A-Za-z])(?:[Hh]e|[Hh]is|[Hh]im|[Hh]imself)|(?<=[a-z])(?:He|His|Him|Himself))(?![a-z])/g

/** Returns the words in a text that call a person "he". `he` in quotes is the language tag of Hebrew. */
export const wordsForHim = (text: string): string[] =>
  text.replaceAll(/(['"`])he\1/g, '').match(FOR_HIM) ?? []
