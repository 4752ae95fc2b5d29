/**
 * Where a list of users goes on: behind the last one shown, by its sort and key. It also carries the
 * page's number and the total of a search, which is counted once, for the first page. It is no secret
 * and grants nothing: a forged one shows its maker another part of the same list.
 */
import * as z from 'zod'
import { fromBase64Url, fromUtf8, toBase64Url, utf8 } from '../crypto/encoding'
import { type After, USER_SORTS, type UserSort } from './user-order'

export interface UserCursor {
  readonly sort: UserSort
  readonly page: number
  readonly after: After
  readonly counted: number | null
}

const MAX_CHARS = 2000

/** By time of registration the key is a row of the search index, a whole number of up to 63 bits. */
const ROW = /^\d{1,19}$/

const Packed = z
  .tuple([
    z.enum(USER_SORTS),
    z.int().min(2),
    z.int().min(1),
    z.string().max(600),
    z.int().min(0).nullable(),
  ])
  .refine(([sort, , , key]) => sort === 'email' || sort === 'name' || ROW.test(key))

export const packCursor = ({ sort, page, after, counted }: UserCursor): string =>
  toBase64Url(utf8(JSON.stringify([sort, page, after.id, after.key, counted])))

function unpack(text: string): UserCursor | undefined {
  const bytes = fromBase64Url(text)
  if (!bytes) return undefined
  try {
    const [sort, page, id, key, counted] = Packed.parse(JSON.parse(fromUtf8(bytes)))
    return { sort, page, after: { id, key }, counted }
  } catch {
    return undefined
  }
}

/** The query parameter: a cursor that a page of users gave. */
export const userCursorField = z
  .string()
  .max(MAX_CHARS, { abort: true })
  .transform((text, ctx): UserCursor => {
    const cursor = unpack(text)
    if (cursor) return cursor
    ctx.addIssue({
      code: 'custom',
      message: 'This is no cursor of this list',
      params: { code: 'invalid_cursor' },
    })
    return z.NEVER
  })
