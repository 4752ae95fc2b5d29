import type { Table } from './backup-layout.ts'
import type { Row, Value } from './d1-query.ts'

/**
 * Makes rows fit to those that were read before them: a large database goes on changing while it is
 * read. What belongs to a row that was not there goes, or forgets it, as its foreign key says.
 */
export function fitter(tables: readonly Table[]): (table: Table, row: Row) => Row | undefined {
  // Every table that others refer to has a number for its key.
  const read = new Map<string, Set<Value>>(
    tables.flatMap(({ parents }) => parents.map(({ table }) => [table, new Set()])),
  )
  return ({ name, parents }, row) => {
    const fitted: Record<string, Value> = { ...row }
    for (const { table, column, isFatal } of parents) {
      const value = row[column] ?? null
      if (value === null || read.get(table)?.has(value)) continue
      if (isFatal) return undefined
      fitted[column] = null
    }
    if (row['id'] !== undefined) read.get(name)?.add(row['id'])
    return fitted
  }
}
