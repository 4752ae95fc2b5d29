/** What the throttle's verbs need, for one client, and the object behind an owner. */
import { env } from 'cloudflare:workers'
import { loadConfig } from '../../src/config'
import { type Client, NO_CLIENT } from '../../src/context'
import { reserveSignIn, type Ticket } from '../../src/throttle/reserve'
import { type Owner, objectOf, shardOf } from '../../src/throttle/shard'

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

/** Ahead of the real clock, so that no alarm goes off by itself. */
export const START = Date.UTC(2031, 4, 6, 7, 8, 9)

export function from(ip: string | null): {
  env: Env
  config: Config
  client: Client
  requestId: string
} {
  return { env, config: loadConfig(env), client: { ...NO_CLIENT, ip }, requestId: 'a request' }
}
type Config = ReturnType<typeof loadConfig>

/** A network of its own for each number. */
export const stranger = (number: number) => from(`198.18.${number >> 8}.${number & 255}`)

export const newEmail = () => `${crypto.randomUUID()}@example.com`

/** The ticket of a sign-in that must be let through. */
export async function ticketFor(ip: string, emailKey: string): Promise<Ticket> {
  const reservation = await reserveSignIn(from(ip), emailKey)
  if (!reservation.allowed) throw new Error(`refused for ${reservation.retryAfter} s`)
  return reservation.ticket
}

export async function objectFor(owner: Owner) {
  const shard = await shardOf(loadConfig(env), owner)
  return objectOf({ env }, shard.name)
}
