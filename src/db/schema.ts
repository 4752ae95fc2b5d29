/** Gathers the capabilities' tables for Drizzle and for the test that compares them with D1. */
export * from '../analytics/schema'
export * from '../audit/schema'
export * from '../auth/schema'
export * from '../outbox/schema'
export * from '../rbac/schema'
export * from '../sessions/schema'
export * from '../two-factor/schema'
export * from '../users/schema'
