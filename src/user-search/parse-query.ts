/** What a list of users is asked for, as the API's query and the console's address both read it. */

export const MAX_SEARCH_CHARS = 320

/** Skipped rows are read too, so beyond these a list continues only by cursor. */
export const MAX_ROWS_BY_PAGE = 10_000

/** A search text normalized as names and addresses are stored. Empty for a blank one. */
export const searchText = (typed: string): string =>
  typed
    .normalize('NFC')
    .toWellFormed()
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim()
