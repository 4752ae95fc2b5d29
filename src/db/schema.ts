/**
 * Gathers the capabilities' tables for Drizzle and for the test that compares them with D1. Those that only
 * triggers and SQL name are declared pure, in the form that a bundler can leave out.
 */
export * from '../analytics/schema'
export * from '../api-keys/schema'
export * from '../audit/schema'
export * from '../auth/schema'
export * from '../jobs/schema'
export * from '../outbox/schema'
export * from '../rbac/schema'
export * from '../sessions/schema'
export * from '../two-factor/schema'
export * from '../users/schema'
export * from '../webhooks/schema'
