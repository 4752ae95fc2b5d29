import { index, integer, primaryKey, sqliteTable } from 'drizzle-orm/sqlite-core'
import { users } from '../users/schema'

// All of these are written by triggers alone (migrations/0001): an audit row that is really inserted
// counts once, however often its event is delivered. Days are whole days since the epoch, UTC.

export const dailyLogins = sqliteTable('daily_logins', {
  day: integer('day').primaryKey(),
  logins: integer('logins').notNull().default(0),
  failures: integer('failures').notNull().default(0),
  users: integer('users').notNull().default(0),
})

export const dailyLoginUsers = sqliteTable(
  'daily_login_users',
  {
    day: integer('day').notNull(),
    userId: integer('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
  },
  (t) => [primaryKey({ columns: [t.day, t.userId] }), index('daily_login_users_user').on(t.userId)],
)

/** How many users were last active on a day. */
export const activeDays = sqliteTable('active_days', {
  day: integer('day').primaryKey(),
  users: integer('users').notNull().default(0),
})

/** Actives of a day and of the 7 and 30 days that end with it, kept by the daily job. */
export const dailyActives = sqliteTable('daily_actives', {
  day: integer('day').primaryKey(),
  daily: integer('daily').notNull(),
  weekly: integer('weekly').notNull(),
  monthly: integer('monthly').notNull(),
})
