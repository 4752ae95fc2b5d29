import type { Table } from './backup-layout.ts'
import type { Row, Value } from './d1-query.ts'

/**
 * Makes rows consistent with those read before them, as a large database changes while it is read.
 * If the parent of a row is missing, the row is left out or its reference is set to NULL, as the
 * foreign key says.
 */
export function fitter(tables: readonly Table[]): (table: Table, row: Row) => Row | undefined {
  // Every table that is referenced has a number as its key.
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
