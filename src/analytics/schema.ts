import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { roles } from '../rbac/schema'
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

// What follows is kept by the triggers of migrations/0002, as is the search index beside it.

/** Accounts made on a day; those of the latest day stand partly with a counter. */
export const dailyRegistrations = sqliteTable('daily_registrations', {
  day: integer('day').primaryKey(),
  registrations: integer('registrations').notNull().default(0),
})

/** How many of something there are; of users, by role and status. */
export const counters = sqliteTable('counters', {
  name: text('name').primaryKey().notNull(),
  value: integer('value').notNull().default(0),
  day: integer('day'),
  onDay: integer('on_day').notNull().default(0),
})

/** Who holds a role other than `user`, in the orders of the list of users. */
export const roleMembers = sqliteTable(
  'role_members',
  {
    userId: integer('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    roleId: integer('role_id')
      .notNull()
      .references(() => roles.id, { onDelete: 'cascade' }),
    status: text('status').notNull(),
    emailKey: text('email_key').notNull(),
    fullName: text('full_name').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.roleId] }),
    index('role_members_email').on(t.roleId, t.status, t.emailKey, t.userId),
    index('role_members_name').on(t.roleId, t.status, t.fullName, t.userId),
  ],
)
