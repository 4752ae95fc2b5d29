/**
 * Schema steps: the migrations of a Durable Object's SQLite. A deploy cannot reach all objects, so each
 * runs the steps that it is missing when it wakes under the new release. A released step is never
 * edited: objects that have run it will not run it again. A change is a new step at the end.
 *
 * The number of the last step is kept under a key of the object's storage: Durable Objects do not
 * authorize `PRAGMA user_version`, and a table for it would cost a query more. `deleteAll` removes it.
 */
const KEY = 'schema_step'

export interface ObjectSchema {
  /**
   * What the steps lead to, for a new object. Running all the steps instead would cost it many times the
   * rows: each rename of a column rewrites every row of `sqlite_master`.
   */
  readonly tables: string
  readonly steps: readonly string[]
}

/**
 * Runs the missing steps in one transaction, so that an object whose step fails stays as the earlier
 * release left it. Costs one row read when none is missing. Synchronous, so that in a constructor no
 * request sees the storage in between. Throws, and writes nothing, when a newer release has run steps
 * that this one does not know: it would misread the columns.
 */
export function runSchemaSteps(
  storage: DurableObjectStorage,
  { tables, steps }: ObjectSchema,
): void {
  const last = storage.kv.get<number>(KEY) ?? 0
  if (last === steps.length) return
  if (last > steps.length) {
    throw new Error(
      `This Durable Object’s schema is at step ${last}, this release knows ${steps.length}: deploy the newer release again`,
    )
  }
  const isNew = last === 0 && !hasTables(storage.sql)
  storage.transactionSync(() => {
    for (const step of isNew ? [tables] : steps.slice(last)) storage.sql.exec(step)
    storage.kv.put(KEY, steps.length)
  })
}

/** Objects from before the steps have tables, but no number. */
const hasTables = (sql: SqlStorage): boolean =>
  sql
    .exec(
      "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '^_cf^_%' ESCAPE '^' LIMIT 1",
    )
    .toArray().length > 0
