/** Instants are milliseconds since the epoch; days are whole days since then, in UTC. */

export const DAY_MS = 86_400_000
export const DAY_SECONDS = 86_400

/** The day that an instant falls on. */
export const dayOf = (ms: number): number => Math.floor(ms / DAY_MS)

/** `2026-11-23`. */
export const dateOf = (day: number): string => iso(day * DAY_MS).slice(0, 10)

/** RFC 3339 in UTC, as the API writes every instant: `2026-11-23T10:05:00.000Z`. */
export const iso = (ms: number): string => new Date(ms).toISOString()
export const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms))
