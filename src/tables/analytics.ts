import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { roles } from './rbac'
import { users } from './users'

// Only triggers write these tables (migrations/0001). So an event counts once, when its audit row
// is inserted, however often it is delivered. Days are whole days since the epoch, UTC.

export const dailySignIns = /* @__PURE__ */ sqliteTable('daily_logins', (t) => ({
  day: t.integer('day').primaryKey(),
  logins: t.integer('logins').notNull().default(0),
  failures: t.integer('failures').notNull().default(0),
  users: t.integer('users').notNull().default(0),
}))

export const dailySignInUsers = sqliteTable(
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
export const activeDays = /* @__PURE__ */ sqliteTable('active_days', (t) => ({
  day: t.integer('day').primaryKey(),
  users: t.integer('users').notNull().default(0),
}))

/** Active users of a day, and of the 7 and 30 days that end with it. Written by the daily job. */
export const dailyActives = /* @__PURE__ */ sqliteTable('daily_actives', (t) => ({
  day: t.integer('day').primaryKey(),
  daily: t.integer('daily').notNull(),
  weekly: t.integer('weekly').notNull(),
  monthly: t.integer('monthly').notNull(),
}))

// The triggers of migrations/0002 maintain the following tables, and the search index beside them.

/** Accounts created on a day. A part of the latest day's count is still in `counters`. */
export const dailyRegistrations = /* @__PURE__ */ sqliteTable('daily_registrations', (t) => ({
  day: t.integer('day').primaryKey(),
  registrations: t.integer('registrations').notNull().default(0),
}))

/** Numbers of rows; for users, by role and status. */
export const counters = sqliteTable('counters', {
  name: text('name').primaryKey().notNull(),
  value: integer('value').notNull().default(0),
  day: integer('day'),
  onDay: integer('on_day').notNull().default(0),
})

/** Users with a role other than `user`, indexed in the sort orders of the list of users. */
export const roleMembers = /* @__PURE__ */ sqliteTable(
  'role_members',
  (t) => ({
    userId: t
      .integer('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    roleId: t
      .integer('role_id')
      .notNull()
      .references(() => roles.id, { onDelete: 'cascade' }),
    status: t.text('status').notNull(),
    emailKey: t.text('email_key').notNull(),
    fullName: t.text('full_name').notNull(),
  }),
  (t) => [
    primaryKey({ columns: [t.userId, t.roleId] }),
    index('role_members_email').on(t.roleId, t.status, t.emailKey, t.userId),
    index('role_members_name').on(t.roleId, t.status, t.fullName, t.userId),
  ],
)
