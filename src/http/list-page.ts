/**
 * A page of a listing in keyset order. The cursor says where the page before ended; the total is
 * counted once, for the first page, and travels in the cursor: so no page costs more than its rows.
 * It is exact up to 1,000, and beyond that says that there are more.
 */
import { type SQL, sql } from 'drizzle-orm'
import * as z from 'zod'
import { fromBase64Url, fromUtf8, toBase64Url, utf8 } from '../crypto/encoding'
import { runBatch, type Statement } from '../db/batch'
import { once } from '../once'

export const MAX_EXACT_TOTAL = 1000

/** Documents a page of these items. */
export const listPageSchema = <T extends z.ZodType>(item: T) =>
  z.lazy(() =>
    z.object({
      items: z.array(item),
      total: z.int(),
      total_is_exact: z.boolean().meta({ description: 'False if there are more than `total`' }),
      page: z.int(),
      size: z.int(),
      pages: z.int(),
      next_cursor: z.string().nullable(),
    }),
  )

export interface ListPage<T> {
  readonly items: T[]
  readonly total: number
  readonly total_is_exact: boolean
  readonly page: number
  readonly size: number
  readonly pages: number
  readonly next_cursor: string | null
}

/** Where a listing goes on: `after` is the sort key of the last row that was shown. */
export interface Position {
  readonly page: number
  readonly total: number
  readonly isExact: boolean
  readonly after: string
}

const Packed = once(() =>
  z.tuple([
    z.int().min(2).max(1_000_000_000),
    z.int().min(0).max(MAX_EXACT_TOTAL),
    z.boolean(),
    z.string().max(200),
  ]),
)

const pack = ({ page, total, isExact, after }: Position): string =>
  toBase64Url(utf8(JSON.stringify([page, total, isExact, after])))

function unpack(text: string): Position | undefined {
  const bytes = fromBase64Url(text)
  if (!bytes) return undefined
  try {
    const [page, total, isExact, after] = Packed().parse(JSON.parse(fromUtf8(bytes)))
    return { page, total, isExact, after }
  } catch {
    return undefined
  }
}

/** The query parameter `cursor` of a listing whose sort keys look like this. */
export const cursorField = (key: RegExp) =>
  z
    .string()
    .max(500)
    .transform((text, ctx): Position => {
      const position = unpack(text)
      if (position && key.test(position.after)) return position
      ctx.addIssue({
        code: 'custom',
        message: 'Invalid cursor for this list',
        params: { code: 'invalid_cursor' },
      })
      return z.NEVER
    })

/**
 * The page that these rows make. `rows` are up to `size + 1`, the last of them only a sign that there
 * is more. `counted` is the total as far as MAX_EXACT_TOTAL + 1, and is asked for without a position.
 */
export function toListPage<T>(
  rows: readonly T[],
  list: {
    readonly size: number
    readonly from: Position | undefined
    readonly counted: number
    /** There may be more than was counted, though it is fewer than MAX_EXACT_TOTAL. */
    readonly isPartial?: boolean
    /** Where a page that came out short goes on, when what was read had rows to leave out. */
    readonly resumeAfter?: string | undefined
    readonly keyOf: (row: T) => string
  },
): ListPage<T> {
  const { size, from } = list
  const items = rows.slice(0, size)
  const last = items.at(-1)
  const page = from?.page ?? 1
  const total = from?.total ?? Math.min(list.counted, MAX_EXACT_TOTAL)
  const isExact = from?.isExact ?? (list.counted <= MAX_EXACT_TOTAL && list.isPartial !== true)
  const after = rows.length > size && last !== undefined ? list.keyOf(last) : list.resumeAfter
  return {
    items,
    total,
    total_is_exact: isExact,
    page,
    size,
    pages: Math.ceil(total / size),
    next_cursor: after === undefined ? null : pack({ page: page + 1, total, isExact, after }),
  }
}

/**
 * Reads a page in one batch, and with the first page also its total. `rows` selects up to `size + 1`
 * rows, and `all` one row for each item of the listing.
 */
export async function readListPage<R>(
  source: Parameters<typeof runBatch>[0],
  list: {
    readonly rows: Statement
    readonly all: SQL
    readonly size: number
    readonly from: Position | undefined
    readonly keyOf: (row: R) => string
  },
): Promise<ListPage<R>> {
  const { rows, all, ...page } = list
  const [found, count] = await runBatch(source, [
    rows,
    ...(list.from ? [] : [sql`SELECT count(*) AS n FROM (${all} LIMIT ${MAX_EXACT_TOTAL + 1})`]),
  ])
  const [total] = (count?.results ?? []) as { n: number }[]
  return toListPage((found?.results ?? []) as R[], { ...page, counted: total?.n ?? 0 })
}
