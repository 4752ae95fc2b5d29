/**
 * All tables, for Drizzle and for the test that compares them with D1. Tables that only triggers
 * and SQL use are declared pure, in a form that a bundler can leave out.
 */
export * from './analytics'
export * from './api-keys'
export * from './apps'
export * from './audit'
export * from './one-time-tokens'
export * from './jobs'
export * from './outbox'
export * from './passkeys'
export * from './rbac'
export * from './sessions'
export * from './recovery-codes'
export * from './users'
export * from './webhooks'
