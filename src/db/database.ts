/** The D1 database through Drizzle, one instance per environment object. */
import { type DrizzleD1Database, drizzle } from 'drizzle-orm/d1'

export type Database = DrizzleD1Database

export function openDatabase(env: Env): Database {
  const known = opened.get(env)
  if (known) return known
  const database = drizzle(env.DB)
  opened.set(env, database)
  return database
}

const opened = new WeakMap<Env, Database>()
