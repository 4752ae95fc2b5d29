/**
 * The position from which a list of users continues: the sort and key of the last user shown. It
 * also carries the page number, and the total of a search, which is counted only for the first
 * page. A cursor is not secret and grants nothing: a forged one only returns another part of the
 * same list.
 */
import * as z from 'zod'
import { fromBase64Url, fromUtf8, toBase64Url, utf8 } from '../crypto/encoding'
import { once } from '../once'
import { type After, USER_SORTS, type UserSort } from './user-order'

export interface UserCursor {
  readonly sort: UserSort
  readonly page: number
  readonly after: After
  readonly counted: number | null
}

const MAX_CHARS = 2000

/**
 * When sorted by registration time, the key is a rowid of the search index: an integer of up to 63
 * bits.
 */
const ROW = /^\d{1,19}$/

const Packed = once(() =>
  z
    .tuple([
      z.enum(USER_SORTS),
      z.int().min(2),
      z.int().min(1),
      z.string().max(600),
      z.int().min(0).nullable(),
    ])
    .refine(([sort, , , key]) => sort === 'email' || sort === 'name' || ROW.test(key)),
)

export const packCursor = ({ sort, page, after, counted }: UserCursor): string =>
  toBase64Url(utf8(JSON.stringify([sort, page, after.id, after.key, counted])))

function unpack(text: string): UserCursor | undefined {
  const bytes = fromBase64Url(text)
  if (!bytes) return undefined
  try {
    const [sort, page, id, key, counted] = Packed().parse(JSON.parse(fromUtf8(bytes)))
    return { sort, page, after: { id, key }, counted }
  } catch {
    return undefined
  }
}

/** The query parameter: a cursor returned with an earlier page of users. */
export const userCursorField = z
  .string()
  .max(MAX_CHARS, { abort: true })
  .transform((text, ctx): UserCursor => {
    const cursor = unpack(text)
    if (cursor) return cursor
    ctx.addIssue({
      code: 'custom',
      message: 'Invalid cursor for this list',
      params: { code: 'invalid_cursor' },
    })
    return z.NEVER
  })
