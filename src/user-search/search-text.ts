/** Limits and normalization of user searches, shared by the API and the console. */

export const MAX_SEARCH_CHARS = 320

/** A list continues only by cursor beyond this many rows, because skipped rows are read too. */
export const MAX_ROWS_BY_PAGE = 10_000

/** A search text normalized as names and addresses are stored. Empty for a blank one. */
export const searchText = (typed: string): string =>
  typed
    .normalize('NFC')
    .toWellFormed()
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim()
