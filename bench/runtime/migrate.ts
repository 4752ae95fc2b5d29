import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { unstable_splitSqlQuery as splitSql } from 'wrangler'
import { ROOT } from './bundle.ts'
import type { Database } from './serve.ts'

/** Applies every migration of the product. */
export async function migrate(database: Database): Promise<void> {
  const folder = join(ROOT, 'migrations')
  for (const file of readdirSync(folder).sort()) {
    const statements = splitSql(readFileSync(join(folder, file), 'utf8'))
    await database.batch(statements.map((statement) => database.prepare(statement)))
  }
}
