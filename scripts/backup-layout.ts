/**
 * Defines what a backup contains: every table except those named here, parents before children. A
 * table added by a later migration is included automatically.
 */
import { CliError } from './cli-error.ts'
import { literal, type Place, query, type Row } from './d1-query.ts'

/** A table that exists during a restore and holds the triggers that it has dropped. */
export const MARK = 'restore_under_way'

/** Tables that are left out, with the reason. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  d1_migrations: 'the restored database has its own',
  precondition: 'is always empty',
  role_members: 'rebuilt from the other tables',
  outbox: 'has been performed since, and would be performed twice',
  webhook_deliveries: 'wait in the outbox',
  logout_deliveries: 'wait in the outbox',
  api_keys: 'a key that was revoked since must not work again',
  api_key_permissions: 'go with their keys',
  one_time_tokens: 'a link that was used since must not work again',
  recovery_codes: 'a code that was used or replaced since must not work again',
  user_sessions: 'an index of sessions that the restore revokes',
  device_authorizations: 'expire within minutes',
  job_runs: 'the jobs start again',
  [MARK]: 'exists only during a restore',
}
/**
 * The rows that a backup has of these tables. Apps remember the keys of ID tokens for as long as they run, so
 * these stay. Keys of access tokens are made again when needed, so that no older access token works.
 */
const ONLY: Readonly<Record<string, string>> = { signing_keys: "alg = 'RS256'" }
const SEARCH_INDEX = 'users_search'

export interface Table {
  readonly name: string
  /** Without generated columns. */
  readonly columns: readonly string[]
  readonly key: readonly string[]
  readonly parents: readonly Parent[]
  /** The condition of the rows that a backup has; undefined: all. */
  readonly only?: string | undefined
}

/**
 * A reference to another table's key, and whether the row is deleted with its parent or only loses
 * the reference.
 */
export interface Parent {
  readonly table: string
  readonly column: string
  readonly isFatal: boolean
}

export interface Layout {
  readonly migrations: readonly string[]
  readonly tables: readonly Table[]
  /** A restore was interrupted in this database. */
  readonly isMarked: boolean
}

/** Reads the layout from a database. Throws CliError when it is not one of ours. */
export async function readLayout(place: Place): Promise<Layout> {
  const [found = []] = await query(place, "SELECT name FROM sqlite_master WHERE type = 'table'")
  const all = found.map(({ name }) => String(name))
  if (!all.includes('d1_migrations') || !all.includes('users')) {
    throw new CliError(
      'This database does not have the tables of Gatehouse. Apply the migrations first.',
    )
  }
  const names = all.filter(
    (name) =>
      !/^(_cf_|sqlite_)/.test(name) && !name.startsWith(SEARCH_INDEX) && !(name in LEFT_OUT),
  )
  const [migrations = [], ...rest] = await query(
    place,
    'SELECT name FROM d1_migrations ORDER BY id',
    ...names.flatMap((name) => [
      `SELECT name, type, pk FROM pragma_table_xinfo(${literal(name)}) WHERE hidden = 0`,
      `SELECT "table", "from", on_delete FROM pragma_foreign_key_list(${literal(name)})`,
    ]),
  )
  const tables = names.map((name, i) => toTable(name, rest[2 * i] ?? [], rest[2 * i + 1] ?? []))
  return {
    migrations: migrations.map(({ name }) => String(name)),
    tables: parentsFirst(tables),
    isMarked: all.includes(MARK),
  }
}

function toTable(name: string, columns: readonly Row[], references: readonly Row[]): Table {
  const odd = columns.find(({ type }) => type !== 'INTEGER' && type !== 'TEXT')
  if (odd) throw new CliError(`${name}.${odd['name']} is neither text nor an integer.`)
  return {
    name,
    columns: columns.map((column) => String(column['name'])),
    key: columns
      .filter(({ pk }) => Number(pk) > 0)
      .sort((a, b) => Number(a['pk']) - Number(b['pk']))
      .map((column) => String(column['name'])),
    parents: references.map((reference) => ({
      table: String(reference['table']),
      column: String(reference['from']),
      isFatal: reference['on_delete'] !== 'SET NULL',
    })),
    only: ONLY[name],
  }
}

function parentsFirst(tables: readonly Table[]): Table[] {
  const sorted: Table[] = []
  const add = (table: Table) => {
    if (sorted.includes(table)) return
    for (const { table: parent } of table.parents) {
      const found = tables.find(({ name }) => name === parent)
      if (found && found !== table) add(found)
    }
    sorted.push(table)
  }
  // The log comes last: users whom it reports as erased during the backup are not restored.
  for (const table of tables.filter(({ name }) => name !== 'audit_log')) add(table)
  return [...sorted, ...tables.filter(({ name }) => name === 'audit_log')]
}
