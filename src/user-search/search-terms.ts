/**
 * From what an admin filters by to an FTS5 expression. What was typed is only ever inside quotes, so
 * `%`, `_`, quotes and operators are text like any other; and it is looked for in addresses and names
 * alone, so it cannot pass for a facet. Accents make no difference (fold-letters.ts).
 */
import { ACCOUNT_STATUSES, type AccountStatus } from '../tables/users'
import { withAsciiDomain } from '../users/email-address'
import { foldLetters } from './fold-letters'

export interface UserFilter {
  readonly search: string | undefined
  readonly statuses: readonly AccountStatus[]
  readonly roleId: number | undefined
  /** A user to leave out: the one whose id was searched for is shown apart. */
  readonly exceptId?: number | undefined
}

/** The index knows three characters in a row, and fewer at the start of a text. */
const TRIGRAM = 3
/** Stands twice before each text (migrations/0002), and is in no address and no name. */
const START = '\u0001'

/** The expression that finds these users in `users_search`; null when the filter lets everybody in. */
export function matchFor({ search, statuses, roleId }: UserFilter): string | null {
  const terms = search === undefined ? [] : termsOf(search)
  const facets = [
    ...(statuses.length < ACCOUNT_STATUSES.length ? [anyOf(statuses.map(facetOf))] : []),
    ...(roleId === undefined ? [] : [`"#${roleId}#"`]),
  ]
  const parts = [
    ...(terms.length > 0 ? [`{email full_name} : (${allOf(terms.map(termMatch))})`] : []),
    ...(facets.length > 0 ? [`facets : (${allOf(facets)})`] : []),
  ]
  return parts.length > 0 ? allOf(parts) : null
}

const facetOf = (status: AccountStatus): string => `"#${status.charAt(0)}#"`
const anyOf = (parts: readonly string[]): string => `(${parts.join(' OR ')})`
const allOf = (parts: readonly string[]): string => parts.join(' AND ')
const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`

/**
 * A term as the index folds it; a domain in letters beyond ASCII also as addresses are stored, with
 * its labels in punycode.
 */
function termMatch(term: string): string {
  const spellings = spellingsOf(foldLetters(term)).map((text) =>
    quoted(isShort(text) ? `${START}${START}${text}` : text),
  )
  const match = spellings.length === 1 ? spellings.join('') : anyOf(spellings)
  const stored = withAsciiDomain(term)
  return stored === undefined ? match : anyOf([match, `email : ${quoted(foldLetters(stored))}`])
}

/** Signs that people and their keyboards use for one another. */
const ALIKE = ["'\u2019\u02bc\u2018\u00b4`", '-\u2010\u2011\u2013'].map((signs) => ({
  signs: Array.from(signs),
  any: new RegExp(`[${signs}]`, 'g'),
}))

/**
 * A text as it is and with full-width letters and ligatures as plain ones, and each with every
 * apostrophe and hyphen that names are written with, the same one throughout.
 */
const spellingsOf = (text: string): string[] =>
  ALIKE.reduce<string[]>(
    (all, { signs, any }) =>
      text.search(any) < 0
        ? all
        : all.flatMap((each) => signs.map((sign) => each.replaceAll(any, sign))),
    [...new Set([text, text.normalize('NFKC')])],
  )

/** Of `Ada <ada@example.com>` or `mailto:ada@example.com,` as they are pasted, the address alone. */
function pastedAddress(search: string): string {
  const [, address] = /^[^<>]*<(?:mailto:)?([^<>\s]+@[^<>\s]+)>[.,;]?$/i.exec(search) ?? []
  return address ?? search.replace(/^mailto:(?=\S+@)/i, '').replace(/(@\S+)[.,;]$/, '$1')
}

/**
 * The texts that must all occur. One or two characters alone are the start of an address or a name;
 * beside other words they must stand next to one, as in `ada l` or `li wei`.
 */
function termsOf(search: string): string[] {
  const terms: string[] = []
  for (const word of pastedAddress(search).split(' ')) {
    const last = terms.at(-1)
    if (last !== undefined && (isShort(foldLetters(last)) || isShort(foldLetters(word)))) {
      terms[terms.length - 1] = `${last} ${word}`
    } else terms.push(word)
  }
  return terms
}

/** Combining marks do not count: the index drops them. */
const isShort = (text: string): boolean =>
  Array.from(text.replaceAll(/[\u0300-\u036f]/g, '')).length < TRIGRAM
