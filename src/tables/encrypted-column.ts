import { type SQL, sql } from 'drizzle-orm'
import type { Aad } from '../crypto/encrypt'

/**
 * How a table declares an encrypted column. Re-encryption (jobs/re-encrypt.ts) and the census of keys
 * (jobs/count-keys.ts) both walk the list of these in encrypted-columns.ts.
 */
export interface EncryptedColumn {
  readonly table: string
  readonly column: string
  /** The column that names the row in the additional data of the encryption. */
  readonly rowKey: string
  /** Where in a JSON column the encrypted value is. */
  readonly jsonPath?: string
  /** What the census of keys calls it. */
  readonly countedAs: string
}

/** What the encryption of a value is bound to. */
export const aadOf = ({ table, column }: EncryptedColumn, row: string): Aad =>
  `${table}.${column}/${row}`

/** The stored value in SQL: the column, or the part of it that is encrypted. */
export const storedValue = ({ table, column, jsonPath }: EncryptedColumn): SQL => {
  const whole = sql.raw(`${table}.${column}`)
  return jsonPath === undefined ? whole : sql`${whole} ->> ${jsonPath}`
}
