/**
 * Translates an admin's filter into an FTS5 expression. User input is only ever inserted between
 * quotes, so `%`, `_`, quotes and operators are plain text. It is matched against addresses and
 * names only, so it cannot pass for a facet. Accents make no difference (fold-letters.ts).
 */
import { ACCOUNT_STATUSES, type AccountStatus } from '../tables/users'
import { withAsciiDomain } from '../users/email-address'
import { foldLetters } from './fold-letters'

export interface UserFilter {
  readonly search: string | undefined
  readonly statuses: readonly AccountStatus[]
  readonly roleId: number | undefined
  /** A user to leave out: the one whose id was searched for is listed separately. */
  readonly exceptId?: number | undefined
}

/** The index holds sequences of three characters, and shorter ones only at the start of a text. */
const TRIGRAM = 3
/** Precedes each indexed text twice (migrations/0002). It occurs in no address and no name. */
const START = '\u0001'

/**
 * Returns the expression that finds these users in `users_search`, or null when the filter matches
 * everyone.
 */
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
 * Matches a term as the index folds it. A domain with letters beyond ASCII is also matched in
 * punycode, which is how addresses are stored.
 */
function termMatch(term: string): string {
  const spellings = spellingsOf(foldLetters(term)).map((text) =>
    quoted(isShort(text) ? `${START}${START}${text}` : text),
  )
  const match = spellings.length === 1 ? spellings.join('') : anyOf(spellings)
  const stored = withAsciiDomain(term)
  return stored === undefined ? match : anyOf([match, `email : ${quoted(foldLetters(stored))}`])
}

/** Apostrophes and hyphens that people and keyboards use interchangeably. */
const ALIKE = ["'\u2019\u02bc\u2018\u00b4`", '-\u2010\u2011\u2013'].map((signs) => ({
  signs: Array.from(signs),
  any: new RegExp(`[${signs}]`, 'g'),
}))

/**
 * Spellings of a text: as it is, and with full-width letters and ligatures normalized (NFKC). Each
 * is repeated with every apostrophe and hyphen that occurs in names, the same one throughout.
 */
const spellingsOf = (text: string): string[] =>
  ALIKE.reduce<string[]>(
    (all, { signs, any }) =>
      text.search(any) < 0
        ? all
        : all.flatMap((each) => signs.map((sign) => each.replaceAll(any, sign))),
    [...new Set([text, text.normalize('NFKC')])],
  )

/** Extracts the address from a pasted `Ada <ada@example.com>` or `mailto:ada@example.com,`. */
function pastedAddress(search: string): string {
  const [, address] = /^[^<>]*<(?:mailto:)?([^<>\s]+@[^<>\s]+)>[.,;]?$/i.exec(search) ?? []
  return address ?? search.replace(/^mailto:(?=\S+@)/i, '').replace(/(@\S+)[.,;]$/, '$1')
}

/**
 * The texts that must all occur. One or two characters alone match the start of an address or a
 * name. Together with other words they must be adjacent to one, as in `ada l` or `li wei`.
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

/** Combining marks do not count, because the index drops them. */
const isShort = (text: string): boolean =>
  Array.from(text.replaceAll(/[\u0300-\u036f]/g, '')).length < TRIGRAM
